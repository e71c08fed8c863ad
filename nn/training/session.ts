import { ArgumentError, FileError } from "../../core/errors.js";
import { describe, named } from "../../core/options.js";
import { type GeneratorState, generator, isGeneratorState } from "../../core/rng.js";
import type { Parameter } from "../../core/variable.js";
import type { Optimizer, OptimizerState } from "../../optim/index.js";
import { loadTree, saveTree, type Tree } from "../files/tree.js";
import type { Layer, StateDict } from "../layer.js";
import type { Callback } from "./callback.js";
import type { BatchSource, PassState } from "./data.js";
import type { Measures } from "./figures.js";
import { History } from "./history.js";
import type { Metric } from "./metrics/metric.js";
import type { RankState, Ranks } from "./ranks.js";

/** What files of a Trainer's state are marked with. */
const KIND = "trainer";

/** What a session is made of. */
export interface SessionParts {
  readonly operation: string;
  readonly model: Layer;
  /** A loss that learns, such as NCELoss. */
  readonly lossLayer: Layer | null;
  readonly optimizers: Readonly<Record<string, Optimizer>>;
  readonly metrics: readonly Metric[];
  readonly measures: Measures;
  readonly callbacks: readonly Callback[];
  readonly ranks: Ranks;
}

/** How far a training has come, beside what the parts know themselves. */
export interface Place {
  /** Epochs that are done, and steps taken, in all. */
  epoch: number;
  step: number;
  /** How many epochs were done when the current `fit` was begun. */
  firstEpoch: number;
  /** Whether the steps of the epoch at work are done, and its validation is not. */
  validating: boolean;
  /** Why it ended by itself, or null. */
  stopped: string | null;
  /** The best value so far of the figure that checkpoints go by. */
  best: number | null;
}

/**
 * All that training goes on from: model, optimizers, random numbers, place in the data, figures, callbacks and history. Its state
 * is what checkpoints hold.
 */
export class Session {
  readonly history = new History();
  place: Place = { epoch: 0, step: 0, firstEpoch: 0, validating: false, stopped: null, best: null };
  /** The data of the `fit` at work, or null. */
  source: { state(): PassState } | null = null;
  /** Where the data and the random numbers were when the latest `fit` ended, or a state was loaded. */
  left: { readonly pass: PassState | null; readonly generator: GeneratorState } | null = null;

  constructor(readonly parts: SessionParts) {}

  /** The parameters of the model, and of a loss that learns, by their names. */
  namedParameters(): [name: string, parameter: Parameter][] {
    const { model, lossLayer } = this.parts;
    const own = lossLayer?.namedParameters().map(([name, p]): [string, Parameter] => [`loss.${name}`, p]) ?? [];
    return [...model.namedParameters(), ...own];
  }

  /** The model, and a loss that learns. */
  get layers(): readonly Layer[] {
    const { model, lossLayer } = this.parts;
    return lossLayer === null ? [model] : [model, lossLayer];
  }

  /** Everything, copied. All processes must call it. */
  state(): Tree {
    const { model, lossLayer, optimizers, measures, callbacks, ranks } = this.parts;
    const pass = this.source?.state() ?? this.left?.pass ?? null;
    ranks.shareBuffers(this.layers);
    const own = { generator: generator.state, passGenerator: pass?.generator ?? null, measures: measures.state() };
    const all = ranks.gather(own);
    return {
      model: model.stateDict(),
      loss: lossLayer?.stateDict() ?? null,
      frozen: this.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? [] : [name])),
      optimizers: mapValues(optimizers, (optimizer) => optimizer.state() as unknown as Tree),
      generator: { ...generator.state },
      place: { ...this.place },
      pass: pass as Tree,
      measures: measures.merged(all.map((one) => one.measures)),
      ranks: ranks.alone ? undefined : (all as unknown as Tree),
      history: this.history.state(),
      callbacks: callbacks.map((callback) => callback.state?.() ?? null),
    };
  }

  /** Writes everything to a file, by one of the processes; all must call it. */
  save(path: string): void {
    const { ranks } = this.parts;
    const state = this.state();
    if (ranks.first) saveTree(path, KIND, state);
    ranks.wait();
  }

  /** What a file holds. */
  load(path: string): Tree {
    return loadTree(path, KIND);
  }

  /** What a file holds, which one of the processes reads; all must call it. */
  read(path: string): Tree {
    const { ranks } = this.parts;
    return ranks.share(ranks.first ? this.load(path) : null);
  }

  /** Notes down where everything is, for a `fit` that goes on in the same program. */
  leave(): void {
    this.left = { pass: this.source?.state() ?? null, generator: generator.state };
    this.source = null;
  }

  /** Makes `source` go on where the latest `fit` ended, and random numbers too. */
  goOn(source: BatchSource<unknown>): void {
    if (this.left === null) return;
    if (this.left.pass !== null) source.loadState(this.left.pass as unknown as Tree);
    generator.state = this.left.generator;
  }

  /**
   * Takes what `state()` gave; with `source`, the place in its data too.
   * @throws ArgumentError that says what does not fit; then nothing has changed.
   */
  loadState(state: Tree, source: BatchSource<unknown> | null): void {
    const { operation, model, lossLayer, optimizers, measures, callbacks, ranks } = this.parts;
    const { history } = this;
    const given = ofRank(checkedState(operation, state), ranks);
    model.checkStateDict(given.model);
    lossLayer?.checkStateDict(given.loss ?? {});
    checkNames(operation, "optimizers", Object.keys(given.optimizers), Object.keys(optimizers));
    if (given.callbacks.length !== callbacks.length) {
      throw new ArgumentError(
        `${operation}: the checkpoint has the state of ${given.callbacks.length} callbacks; expected ${callbacks.length}`,
      );
    }
    const undo: (() => void)[] = [];
    const take = (part: { state(): Tree; loadState(state: Tree): void }, value: Tree): void => {
      const former = part.state();
      part.loadState(value);
      undo.push(() => part.loadState(former));
    };
    try {
      for (const [name, optimizer] of Object.entries(optimizers)) take(optimizer as never, given.optimizers[name]!);
      take(measures, given.measures);
      take(history, given.history);
      if (source !== null && given.pass !== null) take(source as never, given.pass as unknown as Tree);
      for (const [i, callback] of callbacks.entries()) {
        if (callback.loadState !== undefined && given.callbacks[i] !== null)
          take(callback as never, given.callbacks[i]!);
      }
    } catch (error) {
      for (const back of undo.reverse()) back();
      throw error;
    }
    model.loadStateDict(given.model);
    lossLayer?.loadStateDict(given.loss ?? {});
    const frozen = new Set(given.frozen);
    for (const [name, parameter] of this.namedParameters()) parameter.requiresGrad = !frozen.has(name);
    generator.state = given.generator;
    if (!ranks.alone && given.ranks?.length !== ranks.communicator.size) {
      // Of another number of processes: the first one goes on with the figures, and random numbers begin to differ anew.
      if (!ranks.first) measures.reset();
      ranks.separateGenerators();
    }
    this.place = { ...given.place };
    this.left = { pass: given.pass, generator: generator.state };
  }
}

/** What of a state is for this process: of one of another number of processes, what is for rank 0. */
function ofRank(state: SessionState, { communicator, alone }: Ranks): SessionState {
  if (alone || state.ranks?.length !== communicator.size) return state;
  const own = state.ranks[communicator.rank]!;
  const pass = state.pass === null ? null : { ...state.pass, generator: own.passGenerator ?? state.pass.generator };
  return { ...state, generator: own.generator, measures: own.measures, pass };
}

interface SessionState {
  readonly model: StateDict;
  readonly loss: StateDict | null;
  readonly frozen: readonly string[];
  readonly optimizers: Readonly<Record<string, Tree & OptimizerState>>;
  readonly generator: GeneratorState;
  readonly place: Place;
  readonly pass: PassState | null;
  readonly measures: Tree;
  readonly history: Tree;
  readonly callbacks: readonly Tree[];
  /** What differs between processes, when there were several. */
  readonly ranks?: readonly RankState[];
}

/** Checks what no part checks itself. */
function checkedState(operation: string, state: Tree): SessionState {
  const given = state as unknown as SessionState;
  const { place, callbacks, frozen, optimizers } = (given ?? {}) as Partial<SessionState>;
  const whole =
    isGeneratorState(given?.generator) &&
    [place?.epoch, place?.step, place?.firstEpoch].every(Number.isSafeInteger) &&
    Array.isArray(callbacks) &&
    Array.isArray(frozen) &&
    typeof optimizers === "object" &&
    optimizers !== null;
  if (whole) return given;
  throw new FileError(`${operation}: ${describe(state)} is no state of a Trainer, or not all of one`);
}

function checkNames(operation: string, what: string, given: readonly string[], own: readonly string[]): void {
  if (given.join() === own.join()) return;
  throw new ArgumentError(
    `${operation}: the checkpoint has the ${what} ${named(given) || "(none)"}; expected ${own.join(", ") || "none"}`,
  );
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
