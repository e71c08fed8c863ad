import type { Variable } from "../../../core/variable.js";

/** Values that a case spells out: float64, or int32 or bool. Only float64 inputs are differentiated, and run in float32 too. */
export interface Given {
  shape: readonly number[];
  values: readonly number[];
  dtype?: "int32" | "bool";
}

/** Float64 values that are drawn for the case. */
export interface Drawn {
  shape: readonly number[];
  low: number;
  high: number;
  avoid: readonly number[];
}

/** One input of a case. */
export type Input = Given | Drawn;

interface Case {
  /** The name under which `retrograd/functions` exports it. */
  name: string;
  /** What is special about this case; unique for the name. */
  label: string;
  inputs: readonly Input[];
  call(...xs: Variable[]): Variable | Variable[];
  /** To which order it can be differentiated: 2 unless given; 0 for a function without a gradient. */
  order?: 0 | 1 | 2;
}

interface WithTorch {
  /** The same in Python, of x0, x1, ... with `torch`, `F` (torch.nn.functional), `np` and `math`. */
  torch: string;
  noTorch?: undefined;
}

interface WithoutTorch {
  torch?: undefined;
  /** Why there is no such expression. */
  noTorch: string;
}

/**
 * A line of the table of functions. From it come the gradient checks of first and second order, the checks of shapes,
 * dtypes and non-contiguous inputs, and the comparison with PyTorch.
 */
export type FunctionCase = Case & (WithTorch | WithoutTorch);

/** Numbers between `low` and `high`, three decimals, no two equal, none within 0.02 of `avoid`. */
export function real(shape: readonly number[], low = -2, high = 2, avoid: readonly number[] = [0]): Input {
  return { shape, low, high, avoid };
}

/** Positive numbers between 0.2 and 3. */
export function positive(shape: readonly number[]): Input {
  return real(shape, 0.2, 3);
}

/** Given float64 values. */
export function given(shape: readonly number[], values: readonly number[]): Input {
  return { shape, values };
}

/** Given int32 values. */
export function integers(shape: readonly number[], values: readonly number[]): Input {
  return { shape, values, dtype: "int32" };
}

/** Given bools, as 0 and 1. */
export function bools(shape: readonly number[], values: readonly number[]): Input {
  return { shape, values, dtype: "bool" };
}

/** What an input of a case holds. Drawn values depend on the case and the input's place in it alone. */
export function inputValues(
  { name, label, inputs }: Pick<FunctionCase, "name" | "label" | "inputs">,
  index: number,
): Given {
  const input = inputs[index]!;
  return "values" in input ? input : { shape: input.shape, values: drawn(input, hash(`${name}: ${label}: ${index}`)) };
}

function drawn({ shape, low, high, avoid }: Drawn, seed: number): number[] {
  const next = random(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  const values: number[] = [];
  while (values.length < size) {
    const value = Math.round((low + (high - low) * next()) * 1000) / 1000;
    if (values.includes(value) || avoid.some((a) => Math.abs(value - a) < 0.02)) continue;
    values.push(value);
  }
  return values;
}

/** FNV-1a. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** A generator of its own (mulberry32), so that the table does not depend on the library's. */
function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
