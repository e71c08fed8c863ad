import * as kernels from "../core/backend/dispatch.js";
import type { GradientStep, UpdateRule, UpdateRules } from "../core/backend/kernels.js";
import type { NDArray } from "../core/ndarray.js";
import { filled } from "../core/numeric.js";
import { RowGradient } from "../core/row-gradient.js";
import type { Parameter, Variable } from "../core/variable.js";
import type { ParameterState } from "./parameter-state.js";

/** What `Update.apply` is told beside the rule and its numbers. */
export interface ApplyOptions {
  /** The share of each value that is added to its gradient: weight decay as in an L2 penalty. 0 unless given. */
  decay?: number;
  /** What each value is multiplied by, beside the rule: decoupled weight decay. 1 unless given. */
  keep?: number;
  /** Whether an element whose gradient is 0 stays as it is, and all that is remembered of it. False unless given. */
  zeroStays?: boolean;
}

/** One parameter at one step of an optimizer: what there is to go by, and how to change it. */
export class Update {
  /** @internal Made by `Optimizer.step`. */
  constructor(
    /** What is changed. */
    readonly parameter: Parameter,
    /** The parameter's values, contiguous, to be changed in place. */
    readonly values: NDArray,
    private readonly given: Variable,
    private readonly state: ParameterState,
    private readonly scale: number,
    private readonly limit: number,
    private readonly lazy: boolean,
    private readonly initial: (array: string) => number,
  ) {}

  /** @internal One of no parameter: see core/hidden-classes.ts. */
  static empty(): Update {
    const none = null as never;
    return new Update(none, none, none, none, 1, 0, false, none);
  }

  /** Which change of this parameter it is, counted from 1. */
  get steps(): number {
    return this.state.steps;
  }

  /** Whether `array(name)` has been asked for before, in this step or a former one. */
  has(name: string): boolean {
    return this.state.arrays.has(name);
  }

  /** What is remembered of each element under `name`, to be changed in place: an array of the parameter's shape and dtype. */
  array(name: string): NDArray {
    return this.state.array(this.parameter, name, this.initial(name));
  }

  /** The number remembered under `name`, `initial` at first. */
  number(name: string, initial: number): number {
    return this.state.numbers.get(name) ?? initial;
  }

  /** Remembers a number. */
  remember(name: string, value: number): void {
    this.state.numbers.set(name, value);
  }

  /** The gradient, clipped, as an array that is this step's own: for an optimizer that has no kernel. */
  get gradient(): NDArray {
    const given = this.given.data.asContiguous();
    const clipped = filled(given.shape, 0, given.dtype);
    // 0 - (-1) g, where g is what every rule makes of the gradient first.
    kernels.update("sgd", clipped, given, null, this.step(0, 1), [null], [0, 0, 0, -1]);
    return clipped;
  }

  /** Changes the parameter, and what is remembered of it, by a kernel: see `UpdateRules`. */
  apply<R extends UpdateRule>(
    rule: R,
    state: UpdateRules[R]["state"],
    numbers: UpdateRules[R]["numbers"],
    { decay = 0, keep = 1, zeroStays = false }: ApplyOptions = {},
  ): void {
    const { given, values } = this;
    const step = this.step(decay, keep);
    if (given instanceof RowGradient && given.rows !== null) {
      const { rows, values: gradient } = given.rows;
      if (this.lazy || (zeroStays && decay === 0 && keep === 1)) {
        kernels.update(rule, values, gradient, rows, step, state, numbers);
        return;
      }
    }
    kernels.update(rule, values, given.data.asContiguous(), null, step, state, numbers);
  }

  private step(decay: number, keep: number): GradientStep {
    return { scale: this.scale, limit: this.limit, decay, keep };
  }
}
