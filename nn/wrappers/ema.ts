import { ArgumentError, GraphError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { binary, filled } from "../../core/numeric.js";
import { checkCount, checkFlag, checkOptions, describe, unquoted } from "../../core/options.js";
import { keep } from "../../core/tidy.js";
import type { Parameter } from "../../core/variable.js";
import type { Layer, StateDict } from "../layer.js";
import { misfit } from "../state.js";
import { checkLayer } from "./reparametrization.js";

/** Options of `EMA`. */
export interface EMAOptions {
  /** How much of the average lasts to the next update, from 0 to 1: 0.999 unless given. */
  decay?: number;
  /** Whether the decay starts low, as `min(decay, (1 + n) / (10 + n))` after n updates: false unless given. */
  warmup?: boolean;
}

/** All that an `EMA` knows: copies. */
export interface EMAState {
  readonly updates: number;
  /** By the name of the parameter; empty before the first update. */
  readonly averages: StateDict;
}

const NAME = "EMA";

/**
 * An exponential moving average of a model's parameters, which often does better than the parameters themselves (Polyak and Juditsky,
 * "Acceleration of stochastic approximation by averaging", 1992). To be updated after each step of the optimizer:
 *
 *     const ema = new EMA(model, { decay: 0.999 });
 *     optimizer.step();
 *     ema.update();                                     // average = decay * average + (1 - decay) * parameter
 *     const accuracy = ema.withAverages(() => evaluate(model));
 *
 * The first update takes the parameters as they are. Buffers, such as running means, are not averaged. PyTorch's
 * `AveragedModel` with `get_ema_avg_fn(decay)`.
 */
export class EMA {
  private readonly decay: number;
  private readonly warmup: boolean;
  private averages = new Map<Parameter, NDArray>();
  private done = 0;
  /** What the parameters were before `apply`. */
  private kept: ReadonlyMap<Parameter, NDArray> | null = null;

  /** @throws ArgumentError for no layer, and options that are unknown or out of range. */
  constructor(
    private readonly model: Layer,
    options: EMAOptions = {},
  ) {
    checkLayer(NAME, model);
    checkOptions(NAME, options, ["decay", "warmup"]);
    const { decay = 0.999, warmup = false } = options;
    if (typeof decay !== "number" || !(decay >= 0 && decay <= 1)) {
      throw new ArgumentError(`${NAME}: decay is ${describe(decay)}; expected a number from 0 to 1`);
    }
    checkFlag(NAME, "warmup", warmup);
    this.decay = decay;
    this.warmup = warmup;
  }

  /** The number of updates. */
  get updates(): number {
    return this.done;
  }

  /**
   * Takes the parameters into the average. A parameter that is new in the model starts with what it is.
   * @throws GraphError between `apply` and `restore`, and when parameters have no data yet; then nothing has changed.
   */
  update(): void {
    if (this.kept !== null) {
      throw new GraphError(`${NAME}: update while the averages are applied; expected restore() before`);
    }
    const named = this.model.namedParameters();
    const missing = named.filter(([, parameter]) => !parameter.initialized).map(([name]) => name);
    if (missing.length > 0) {
      throw new GraphError(`${NAME}: ${missing.join(", ")} have no data yet; expected a forward before update()`);
    }
    const n = this.done;
    const decay = this.warmup ? Math.min(this.decay, (1 + n) / (10 + n)) : this.decay;
    this.averages = new Map(
      named.map(([, parameter]) => {
        const average = this.averages.get(parameter);
        return [parameter, keep(average === undefined ? parameter.data.copy() : mixed(average, parameter.data, decay))];
      }),
    );
    this.done++;
  }

  /**
   * Puts the averages into the model, until `restore`.
   * @throws GraphError before the first update, when a parameter is newer than the last, and when it was called already.
   */
  apply(): void {
    if (this.kept !== null) {
      throw new GraphError(`${NAME}: the averages are applied already; expected restore() before`);
    }
    const copies = this.current("apply").map(([, parameter, average]) => [parameter, average.copy()] as const);
    this.kept = new Map(copies.map(([parameter]) => [parameter, parameter.data]));
    for (const [parameter, copy] of copies) parameter.data = copy;
  }

  /**
   * Puts back what the parameters were before `apply`.
   * @throws GraphError when they are already.
   */
  restore(): void {
    if (this.kept === null) throw new GraphError(`${NAME}: nothing to restore; expected apply() before`);
    for (const [parameter, data] of this.kept) parameter.data = data;
    this.kept = null;
  }

  /** Runs `fn` with the averages in the model, and puts the parameters back also when it throws; after its promise, if it gives one. */
  withAverages<T>(fn: () => T): T {
    this.apply();
    let result: T;
    try {
      result = fn();
    } catch (error) {
      this.restore();
      throw error;
    }
    if (result instanceof Promise) return result.finally(() => this.restore()) as T;
    this.restore();
    return result;
  }

  /**
   * The averages, with the model's buffers: what `loadStateDict` of another model of the same kind takes, to make it the averaged
   * model.
   * @throws GraphError as `apply`.
   */
  stateDict(): StateDict {
    const averages = this.current("stateDict").map(([name, , average]) => [name, average.copy()]);
    const buffers = this.model.namedBuffers().map(([name, buffer]) => [name, buffer.data.copy()]);
    return Object.fromEntries([...averages, ...buffers]) as StateDict;
  }

  /** All that it takes to go on, in `loadState` of an EMA of such a model. */
  state(): EMAState {
    const averages = this.done === 0 ? [] : this.current("state");
    return {
      updates: this.done,
      averages: Object.fromEntries(averages.map(([name, , average]) => [name, average.copy()])),
    };
  }

  /**
   * Takes copies of what `state()` gave.
   * @throws ArgumentError that names all averages that are missing, unexpected or do not fit, GraphError between `apply` and `restore`;
   * then nothing has changed.
   */
  loadState(state: EMAState): void {
    const operation = `${NAME}.loadState`;
    checkOptions(operation, state, ["updates", "averages"]);
    const { updates, averages } = state;
    checkCount(operation, "updates", updates, 0);
    if (typeof averages !== "object" || averages === null) {
      throw new ArgumentError(`${operation}: averages is ${describe(averages)}; expected NDArrays by name`);
    }
    if (this.kept !== null) throw new GraphError(`${operation}: the averages are applied; expected restore() before`);
    const named = updates === 0 ? [] : this.model.namedParameters();
    const known = new Set(named.map(([name]) => name));
    const problems = Object.keys(averages).flatMap((name) =>
      known.has(name) ? [] : [`${unquoted(name)} is unexpected`],
    );
    for (const [name, parameter] of named) {
      const value: unknown = Object.hasOwn(averages, name) ? averages[name] : undefined;
      const reason = value instanceof NDArray ? misfit(parameter, value) : null;
      if (reason !== null) problems.push(`${name} has ${reason}`);
      else if (!(value instanceof NDArray)) problems.push(`${name} is ${describe(value)}; expected an NDArray`);
    }
    if (problems.length > 0) {
      throw new ArgumentError(`${operation}: the state does not fit; nothing was changed:\n  ${problems.join("\n  ")}`);
    }
    this.averages = new Map(named.map(([name, parameter]) => [parameter, keep(averages[name]!.copy())]));
    this.done = updates;
  }

  private current(what: string): [name: string, parameter: Parameter, average: NDArray][] {
    if (this.done === 0) throw new GraphError(`${NAME}: there are no averages to ${what}; expected update() before`);
    return this.model.namedParameters().map(([name, parameter]) => {
      const average = this.averages.get(parameter);
      if (average !== undefined) return [name, parameter, average];
      throw new GraphError(`${NAME}: ${what}: ${name} is newer than the last update; expected update() before`);
    });
  }
}

function mixed(average: NDArray, value: NDArray, decay: number): NDArray {
  const share = (x: NDArray, by: number) => binary("mul", x, filled([], by, x.dtype));
  return binary("add", share(average, decay), share(value, 1 - decay));
}
