import { ArgumentError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import type { Parameter, Variable } from "../../core/variable.js";
import type { OptimizerConfig } from "../definition.js";
import type { Group, GroupOptions, Values } from "../group.js";
import { Optimizer } from "../optimizer.js";
import type { OptimizerState } from "../optimizer-state.js";
import type { Update } from "../update.js";
import { checkAgreement } from "./agreement.js";
import type { Communicator } from "./communicator.js";
import { GradientExchange, lineOf } from "./gradient-exchange.js";
import { exchangeEarly } from "./overlap.js";
import { followFirstRank } from "./parameters.js";
import { broadcastTree } from "./tree.js";
import { checkCommunicator, world } from "./world.js";

/** Options of `DistributedOptimizer`. */
export interface DistributedOptimizerOptions {
  /** The processes that train together: those that the program was started as unless given. */
  communicator?: Communicator;
  /** How many bytes of gradients travel in one message, at most, unless one parameter has more: 4 MiB unless given. */
  bucketBytes?: number;
  /**
   * Whether buckets are sent off as soon as backward has their gradients, so that they travel while it goes on: false unless given. It pays over
   * a network that takes long beside the backward pass, with several buckets; see docs/scaling.md.
   */
  overlap?: boolean;
}

const KNOWN = ["communicator", "bucketBytes", "overlap"];
const BUCKET_BYTES = 4 * 2 ** 20;

/**
 * Makes an optimizer change the parameters by the mean of the gradients of all ranks, so that these stay the same on all of them:
 * data-parallel training. Each rank takes its own part of each batch; with a loss that is the mean over the examples and parts of one
 * size, this is the step that one process would take with the whole batch, in whatever the optimizer does: clipping by the norm of all
 * gradients, momentum, schedules by the loss (of which the mean over the ranks counts).
 *
 *     const optimizer = new DistributedOptimizer(new Adam(model.parameters(), { lr: 0.001 }));
 *
 * It is used like the optimizer itself, which does all the work and does the same when it is called by its own name. When it
 * is made, the ranks make sure that they have the same parameters, and take the values and what the optimizer remembers from rank 0;
 * parameters that get their data at the first forward take it from rank 0 then. A parameter without a gradient counts as zeros
 * where another rank has one, and stays as it is where none has. With `accumulate`, nothing is exchanged before the last of the steps
 * that make one. With a single process it does nothing. PyTorch's `DistributedDataParallel`, Horovod's `DistributedOptimizer`.
 */
export class DistributedOptimizer<S extends object = object> extends Optimizer<S> {
  /** The processes among which gradients are averaged. */
  readonly communicator: Communicator;
  private readonly gradients: GradientExchange | null = null;
  private synchronized = false;

  /**
   * @throws ArgumentError for what is no optimizer, one that is distributed already, and options that are unknown or out of range;
   * CommunicationError, on all ranks, when they do not have the same parameters.
   */
  constructor(
    /** What does the work. */
    readonly optimizer: Optimizer<S>,
    options: DistributedOptimizerOptions = {},
  ) {
    checkOptimizer(optimizer);
    super(optimizer.kind, optimizer.parameters, {});
    checkOptions("DistributedOptimizer", options, KNOWN);
    const { communicator = world(), bucketBytes = BUCKET_BYTES, overlap = false } = options;
    checkCommunicator("DistributedOptimizer", communicator);
    checkCount("DistributedOptimizer", "bucketBytes", bucketBytes);
    checkFlag("DistributedOptimizer", "overlap", overlap);
    this.communicator = communicator;
    if (communicator.size === 1) return;
    this.gradients = new GradientExchange(
      communicator,
      bucketBytes,
      () => this.groups.flatMap(({ parameters, lazy }) => parameters.map((parameter) => ({ parameter, lazy }))),
      () => [
        `the optimizer is ${optimizer.kind.name} with ${this.groups.length} groups, ${overlap ? "exchanging early" : "exchanging in step"}`,
      ],
      overlap,
    );
    if (overlap) exchangeEarly({ exchange: this.gradients, collecting: () => optimizer.collecting });
    this.broadcast();
    optimizer.exchange = (loss, needed) => this.averaged(loss, needed);
  }

  /**
   * Gives every rank the values of the parameters and what the optimizer remembers, as rank 0 has them: for ranks of which one alone
   * has read a file. All ranks must call it.
   * @throws CommunicationError, on all ranks and with nothing changed, when they do not have the same parameters.
   */
  broadcast(): void {
    const { communicator, optimizer, parameters } = this;
    if (communicator.size === 1) return;
    checkAgreement(communicator, "DistributedOptimizer", [
      `the optimizer is ${optimizer.kind.name} with ${this.groups.length} groups`,
      ...parameters.map((parameter, i) => lineOf(parameter, i, false)),
    ]);
    followFirstRank(communicator, parameters);
    const state = broadcastTree(communicator, optimizer.state());
    if (communicator.rank > 0) optimizer.loadState(state);
  }

  /**
   * Averages the gradients over the ranks now, instead of in the `step` that follows: for what looks at them or changes them in between, such
   * as `clipGradNorm`. Not while gradients are accumulated over several steps. All ranks must call it.
   * @throws CommunicationError, on all ranks, when they do not have the same parameters.
   */
  synchronize(): void {
    this.gradients?.average();
    this.synchronized = true;
  }

  override get groups(): readonly Group<S>[] {
    return this.optimizer.groups;
  }

  override get parameters(): readonly Parameter[] {
    return this.optimizer.parameters;
  }

  override get steps(): number {
    return this.optimizer.steps;
  }

  override get lr(): number {
    return this.optimizer.lr;
  }

  override set lr(value: number) {
    this.optimizer.lr = value;
  }

  /** @throws CommunicationError, on all ranks, when these differ; otherwise as the optimizer's. */
  override addGroup(group: GroupOptions<S>): void {
    this.optimizer.addGroup(group);
    this.broadcast();
  }

  /** @throws CommunicationError, on all ranks, when these differ; otherwise as the optimizer's. */
  override step(loss?: number | Variable): void {
    this.optimizer.step(loss);
  }

  override zeroGrad(): void {
    this.optimizer.zeroGrad();
  }

  override resetState(parameter: Parameter, where?: NDArray): void {
    this.optimizer.resetState(parameter, where);
  }

  override state(): OptimizerState {
    return this.optimizer.state();
  }

  override loadState(state: OptimizerState): void {
    this.optimizer.loadState(state);
  }

  /** A copy of the optimizer, which is not distributed. */
  override copy(parameters: Iterable<Parameter> = this.parameters): this {
    return this.optimizer.copy(parameters) as unknown as this;
  }

  override config(): OptimizerConfig {
    return this.optimizer.config();
  }

  override toString(): string {
    return this.optimizer.toString();
  }

  /** Never called: the optimizer changes its parameters itself. */
  protected override update(_update: Update, _settings: Readonly<Values<S>>): void {}

  private averaged(loss: number | undefined, lossNeeded: boolean): number | undefined {
    if (!this.synchronized) this.gradients!.average();
    this.synchronized = false;
    return loss === undefined || !lossNeeded ? loss : this.gradients!.meanLoss(loss);
  }
}

function checkOptimizer(optimizer: unknown): void {
  if (!(optimizer instanceof Optimizer)) {
    throw new ArgumentError(`DistributedOptimizer: expected an Optimizer, got ${describe(optimizer)}`);
  }
  if (optimizer instanceof DistributedOptimizer || optimizer.exchange !== null) {
    throw new ArgumentError("DistributedOptimizer: this optimizer is distributed already; expected one that is not");
  }
}
