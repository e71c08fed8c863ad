import { ArgumentError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { checkCount, checkFlag, checkOptions, describe } from "../core/options.js";
import { seed as seedGenerator } from "../core/rng.js";
import { SingleProcess } from "../optim/distributed/communicator.js";
import { checkCommunicator } from "../optim/distributed/world.js";
import { type Communicator, DistributedOptimizer, type Optimizer, world } from "../optim/index.js";
import type { Tree } from "./files/tree.js";
import { Layer } from "./layer.js";
import type { Batch, SupervisedBatch } from "./training/batch.js";
import { type Callback, resolveCallbacks } from "./training/callback.js";
import { Checkpoints } from "./training/checkpoints.js";
import { type BatchData, BatchSource, isBatched } from "./training/data.js";
import { measure, predictAll } from "./training/evaluation.js";
import { type Figures, Measures } from "./training/figures.js";
import { Fit, validationName } from "./training/fit.js";
import type { History } from "./training/history.js";
import type { Direction } from "./training/metrics/metric.js";
import { resolveMetrics } from "./training/metrics/resolve.js";
import { type Objective, resolveLossFunction, stepObjective, supervised } from "./training/objective.js";
import { resolveOptimizers } from "./training/optimizers.js";
import {
  FIT_OPTIONS,
  type FitOptions,
  type PassOptions,
  TRAINER_OPTIONS,
  type TrainerOptions,
} from "./training/options.js";
import { progressDisplay } from "./training/progress.js";
import { Ranks } from "./training/ranks.js";
import { Session } from "./training/session.js";

/**
 * Trains a model, and all that goes with it: figures, validation, early stopping, checkpoints, Ctrl-C and NaN.
 *
 *     const trainer = new Trainer(model, { optimizer: "adam(lr=0.003)", loss: "softmaxCrossEntropy", metrics: ["accuracy"] });
 *     const history = await trainer.fit(train, { epochs: 5, validation: test });
 *     const { accuracy } = await trainer.evaluate(test);
 *     const y = await trainer.predict(images);
 *
 * Batches are `{ x, t }` or `[x, t]`, and the model takes x to a prediction; whatever else, a `step` says what to do:
 *
 *     new Trainer(vae, { optimizer: "adam", step: ({ x }) => vae.loss(x) });
 */
export class Trainer<B = Batch> {
  /** What has come of the epochs so far. */
  readonly history: History;
  private readonly session: Session;
  private readonly objective: Objective<B> | null;
  private readonly checkpoints: Checkpoints | null;
  private readonly settings: {
    progress: boolean;
    checkFinite: boolean;
    detectAnomaly: boolean;
    catchInterrupt: boolean;
    tidy: boolean;
  };
  private readonly directions: ReadonlyMap<string, Direction | null> | null;
  private fitting = false;
  /** Whether the processes have random numbers of their own. */
  private separated = false;

  /** @throws ArgumentError for options that are unknown, out of range or do not go together, and an optimizer of other parameters. */
  constructor(
    /** What is trained. */
    readonly model: Layer,
    options: TrainerOptions<B> = {},
  ) {
    if (!(model instanceof Layer))
      throw new ArgumentError(`Trainer: the model is ${describe(model)}; expected a Layer`);
    checkOptions("Trainer", options, TRAINER_OPTIONS);
    const { optimizer, loss, step, metrics = [], callbacks = [], checkpoint = null, seed = null } = options;
    const ranks = new Ranks(communicatorOf(options.distributed ?? false));
    const { progress = true, checkFinite = true, detectAnomaly = false, catchInterrupt = true } = options;
    const { tidy = step === undefined } = options;
    this.settings = { progress, checkFinite, detectAnomaly, catchInterrupt, tidy };
    for (const [name, value] of Object.entries(this.settings)) checkFlag("Trainer", name, value);
    if (seed !== null) checkCount("Trainer", "seed", seed, Number.MIN_SAFE_INTEGER);
    if (loss !== undefined && step !== undefined) {
      throw new ArgumentError("Trainer: both loss and step are given; expected one of them");
    }
    if (step !== undefined && typeof step !== "function") {
      throw new ArgumentError(`Trainer: step is ${describe(step)}; expected a function of a batch`);
    }
    const measured = resolveMetrics("Trainer", metrics);
    this.checkpoints = checkpoint === null ? null : new Checkpoints("Trainer", checkpoint, ranks.first);
    const lossLayer = loss instanceof Layer ? loss : null;
    this.objective = null;
    if (step !== undefined) this.objective = stepObjective("Trainer", step);
    if (loss !== undefined) {
      this.objective = supervised("Trainer", model, resolveLossFunction("Trainer: loss", loss)) as Objective<B>;
    }
    this.directions =
      step === undefined
        ? new Map([["loss", "min"], ...measured.map(({ name, direction }) => [name, direction] as const)])
        : null;
    const layers = lossLayer === null ? [model] : [model, lossLayer];
    const optimizers = resolveOptimizers(optimizer, layers);
    if (!ranks.alone) {
      ranks.follow("Trainer", layers);
      for (const one of Object.values(optimizers)) distribute(one, ranks.communicator);
    }
    this.session = new Session({
      operation: "Trainer",
      model,
      lossLayer,
      optimizers,
      metrics: measured,
      measures: new Measures("Trainer", measured),
      callbacks: resolveCallbacks("Trainer", callbacks),
      ranks,
    });
    this.history = this.session.history;
    if (seed !== null) seedGenerator(seed);
  }

  /** How many epochs are done, in all. */
  get epoch(): number {
    return this.session.place.epoch;
  }

  /** How many steps have been taken, in all. */
  get step(): number {
    return this.session.place.step;
  }

  /** The optimizers by their names; one alone is called `optimizer`. */
  get optimizers(): Readonly<Record<string, Optimizer>> {
    return this.session.parts.optimizers;
  }

  /**
   * Goes through the data `epochs` times, a step for each batch. The model is put into `train()` if it is in `eval()`; a layer in
   * it that is in `eval()` by itself stays so.
   * @throws ArgumentError for options that are unknown or out of range, no data, no optimizer, a folder that has checkpoints already,
   * or a checkpoint that does not fit, and then nothing has changed; AnomalyError for a loss or a gradient that is not finite.
   */
  async fit(data: BatchData<B | SupervisedBatch>, options: FitOptions<B> = {}): Promise<History> {
    const operation = "Trainer.fit";
    checkOptions(operation, options, FIT_OPTIONS);
    const { epochs = 1, validation = null, batchSize, shuffle = true, stepsPerEpoch = null, resume = false } = options;
    checkCount(operation, "epochs", epochs, 0);
    checkFlag(operation, "shuffle", shuffle);
    if (typeof resume !== "boolean" && typeof resume !== "string") {
      throw new ArgumentError(`${operation}: resume is ${describe(resume)}; expected true, false or a path`);
    }
    const { session, checkpoints, settings } = this;
    const objective = this.checkReady(operation, true);
    const { ranks } = session.parts;
    const source = new BatchSource<B>(operation, data as BatchData<B>, {
      batchSize,
      shuffle,
      limit: stepsPerEpoch,
      ranks,
    });
    const tested =
      validation === null
        ? null
        : new BatchSource<B>(`${operation}: validation`, validation as BatchData<B>, {
            batchSize: isBatched(validation) ? undefined : batchSize,
            shuffle: false,
            ranks,
          });
    if (!this.separated) ranks.separateGenerators();
    this.separated = true;
    if (resume === false) {
      checkpoints?.checkEmpty();
      const { epoch, step } = session.place;
      session.place = { epoch, step, firstEpoch: epoch, validating: false, stopped: null, best: null };
    } else {
      this.goOn(resume, source);
    }
    if (!this.model.training) this.model.train();
    const fit = new Fit<B>({
      session,
      learner: { operation, objective, optimizers: this.optimizers, ranks, ...settings },
      source,
      validation: tested,
      checkpoints,
      callbacks: [
        ...session.parts.callbacks,
        ...(settings.progress && ranks.first ? [progressDisplay() as Callback] : []),
      ],
      expected: this.expected(tested !== null),
      epochs: session.place.firstEpoch + epochs,
      catchInterrupt: settings.catchInterrupt,
      tidy: settings.tidy,
      complete: needsAll(session.layers) ? "a batch normalization over all processes needs every one" : null,
    });
    this.fitting = true;
    try {
      await fit.run();
    } finally {
      this.fitting = false;
    }
    return this.history;
  }

  /**
   * The loss and the metrics on all of the data, as the model is in use: in `eval()`, and without a graph. Metrics that are no
   * number, such as a ConfusionMatrix, can be read afterwards.
   * @throws ArgumentError for no data, and options that are unknown or out of range.
   */
  async evaluate(data: BatchData<B | SupervisedBatch>, options: PassOptions = {}): Promise<Figures> {
    checkOptions("Trainer.evaluate", options, ["batchSize"]);
    const objective = this.checkReady("Trainer.evaluate", false);
    const { measures, ranks } = this.session.parts;
    const { layers } = this.session;
    const source = new BatchSource<B>("Trainer.evaluate", data as BatchData<B>, { ...options, shuffle: false, ranks });
    ranks.shareBuffers(layers);
    const former = this.fitting ? measures.state() : null;
    try {
      await measure(layers, objective, source, measures, { epoch: this.epoch, step: this.step }, this.settings.tidy);
      ranks.merge(measures);
      return measures.values();
    } finally {
      if (former !== null) measures.loadState(former);
    }
  }

  /**
   * What the model gives for all of the data, as it is in use: (examples, ...). Batches are inputs, alone or as `{ x }` or `[x]`, with
   * targets or without.
   * @throws ArgumentError for no data, options that are unknown or out of range, and a model that gives no Variable.
   */
  async predict(data: BatchData<unknown>, options: PassOptions = {}): Promise<NDArray> {
    checkOptions("Trainer.predict", options, ["batchSize"]);
    const ranks = new Ranks(new SingleProcess());
    const source = new BatchSource<unknown>("Trainer.predict", data, { ...options, shuffle: false, ranks });
    return predictAll("Trainer.predict", this.model, source, this.settings.tidy);
  }

  /**
   * Writes all that training goes on from to a file, atomically: a safetensors file that also other programs can read, with the model's
   * values as `model.<name>`.
   * @throws GraphError while the model has parameters without data; the errors of `node:fs`.
   */
  save(path: string): void {
    this.session.save(path);
  }

  /**
   * Takes what a checkpoint holds. `fit` with `resume: true` goes on with its epoch, and without begins a new one.
   * @throws FileError for what is no checkpoint; ArgumentError, that says what differs, for one of another model, optimizer or other
   * callbacks and metrics. Nothing has changed then.
   */
  load(path: string): void {
    this.session.loadState(this.session.read(path), null);
    this.separated = true;
  }

  private goOn(resume: true | string, source: BatchSource<B>): void {
    const { session, checkpoints } = this;
    const take = (state: Tree): void => session.loadState(state, source as BatchSource<unknown>);
    if (typeof resume === "string") {
      take(session.read(resume));
      return;
    }
    const { ranks } = session.parts;
    if (ranks.alone) {
      const found = checkpoints?.latest((path) => {
        take(session.read(path));
        return path;
      });
      if (found === undefined || found === null) session.goOn(source as BatchSource<unknown>);
      return;
    }
    // One process looks for it: the others may have other disks.
    const state = ranks.share(ranks.first ? (checkpoints?.latest((path) => session.load(path)) ?? null) : null);
    if (state === null) session.goOn(source as BatchSource<unknown>);
    else take(state);
  }

  private checkReady(operation: string, learning: boolean): Objective<B> {
    if (this.fitting && learning) throw new ArgumentError(`${operation}: this Trainer is fitting already`);
    if (this.objective === null)
      throw new ArgumentError(`${operation}: the Trainer has no loss; expected loss or step`);
    if (learning && Object.keys(this.optimizers).length === 0) {
      throw new ArgumentError(`${operation}: the Trainer has no optimizer; expected one, such as "adam(lr=0.001)"`);
    }
    return this.objective;
  }

  private expected(validation: boolean): ReadonlyMap<string, Direction | null> | null {
    if (this.directions === null) return null;
    const own = [...this.directions];
    return new Map(validation ? [...own, ...own.map(([name, way]) => [validationName(name), way] as const)] : own);
  }
}

/** The processes that the option `distributed` means. @throws ArgumentError for what means none. */
function communicatorOf(distributed: boolean | Communicator): Communicator {
  if (typeof distributed !== "boolean") {
    checkCommunicator("Trainer: distributed", distributed);
    return distributed;
  }
  return distributed ? world() : new SingleProcess();
}

/** Makes an optimizer exchange its gradients, unless it does so already. */
function distribute(optimizer: Optimizer, communicator: Communicator): void {
  if (optimizer instanceof DistributedOptimizer || optimizer.exchange !== null) return;
  new DistributedOptimizer(optimizer, { communicator });
}

/** Whether there is a layer that exchanges something in each forward. */
function needsAll(layers: readonly Layer[]): boolean {
  return layers.some((layer) =>
    layer.namedLayers().some(([, inner]) => "synchronized" in inner && inner.synchronized === true),
  );
}
