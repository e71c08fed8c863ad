import type { Variable } from "../../core/variable.js";
import { add } from "../../functions/arithmetic.js";
import { Merge, type MergeOptions } from "./merge.js";

/** `actFn(x0 + x1 + ...)` of inputs that have the same shape and dtype. */
export class Add extends Merge {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: MergeOptions = {}) {
    super("Add", options);
  }

  protected override merge(a: Variable, b: Variable): Variable {
    return add(a, b);
  }
}
