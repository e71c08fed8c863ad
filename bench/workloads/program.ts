import { array, constant, type NDArray, Parameter, type Variable } from "retrograd";
import type { Sizes } from "../suite.js";
import { meanAbsolute, values } from "../values.js";

/** A workload made ready: its inputs exist, and `step` does the work once. */
export interface Program {
  step(): void;
  /** Does the work once and returns numbers to compare with those of the twins. */
  check(): number[];
}

/** Makes the program of a workload. */
export type Prepare = (sizes: Sizes) => Program;

/** A size that is a number. */
export function count(sizes: Sizes, name: string): number {
  const value = sizes[name];
  if (typeof value === "number") return value;
  throw new Error(`the workload has ${name} = ${value}; expected a number`);
}

type Float = "float32" | "float64";

/** An array of the numbers that all twins share. */
export function data(shape: number[], salt: number, scale = 1, dtype: Float = "float32"): NDArray {
  const size = shape.reduce((a, b) => a * b, 1);
  return array(values(size, salt, scale), { dtype }).reshape(shape);
}

/** An input that no gradient flows to. */
export function input(shape: number[], salt: number, scale = 1, dtype: Float = "float32"): Variable {
  return constant(data(shape, salt, scale, dtype));
}

/** A weight, with values of about the size that keeps sums over `fanIn` inputs near 1. */
export function weight(shape: number[], salt: number, fanIn: number): Parameter {
  return new Parameter(data(shape, salt, Math.sqrt(3 / fanIn)));
}

/** The mean absolute value of each Variable, gradients among them. */
export function digest(...variables: (Variable | null)[]): number[] {
  return variables.map((x) => meanAbsolute(x!.data.toTypedArray() as Float64Array));
}
