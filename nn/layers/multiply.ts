import type { Variable } from "../../core/variable.js";
import { mul } from "../../functions/arithmetic.js";
import { Merge, type MergeOptions } from "./merge.js";

/** `actFn(x0 * x1 * ...)`, element by element, of inputs that have the same shape and dtype. */
export class Multiply extends Merge {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: MergeOptions = {}) {
    super("Multiply", options);
  }

  protected override merge(a: Variable, b: Variable): Variable {
    return mul(a, b);
  }
}
