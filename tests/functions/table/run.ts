import { grad } from "../../../core/backward.js";
import { array } from "../../../core/creation.js";
import { type DType, isFloat } from "../../../core/dtype.js";
import type { NDArray } from "../../../core/ndarray.js";
import { Generator } from "../../../core/rng.js";
import { Variable } from "../../../core/variable.js";
import { type FunctionCase, inputValues } from "./case.js";

/** How the elements of an array lie in memory. */
export type Layout = (x: NDArray) => NDArray;

/** The outputs of a case, and the gradients of its differentiable inputs for random cotangents. */
export interface Run {
  inputs: Variable[];
  /** The versions of the inputs before anything was computed. */
  versions: number[];
  ys: Variable[];
  /** One for each float input; empty for a case of order 0. */
  gradients: Variable[];
}

/** The inputs of a case as arrays, its floats in `dtype`. */
export function inputArrays(fc: FunctionCase, dtype: DType): NDArray[] {
  return fc.inputs.map((_, i) => {
    const { shape, values, dtype: own } = inputValues(fc, i);
    return array(values, { dtype: own ?? dtype }).reshape([...shape]);
  });
}

/** The outputs of a case, as a list. */
export function outputs(fc: FunctionCase, xs: readonly Variable[]): Variable[] {
  const ys = fc.call(...xs);
  return ys instanceof Variable ? [ys] : ys;
}

/** Runs a case forward and backward, its inputs and cotangents laid out by `layout`. */
export function run(fc: FunctionCase, dtype: DType, layout: Layout = (x) => x): Run {
  const inputs = inputArrays(fc, dtype).map((x) => new Variable(layout(x), isFloat(x.dtype)));
  const versions = inputs.map((x) => x.version);
  const ys = outputs(fc, inputs);
  if (fc.order === 0) return { inputs, versions, ys, gradients: [] };
  const generator = new Generator(7);
  const differentiable = ys.filter((y) => y.requiresGrad);
  const gradYs = differentiable.map((y) => {
    const values = Float64Array.from({ length: y.size }, () => generator.normal());
    return layout(array(values, { dtype: y.dtype }).reshape(y.shape));
  });
  const xs = inputs.filter((x) => x.requiresGrad);
  return { inputs, versions, ys, gradients: grad(differentiable, xs, { gradYs }) };
}
