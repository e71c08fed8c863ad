import { grad } from "./backward.js";
import { array } from "./creation.js";
import { type DType, isFloat } from "./dtype.js";
import { ArgumentError, GradcheckError } from "./errors.js";
import type { Shape } from "./shape.js";
import { type Operand, Variable } from "./variable.js";

/*
 * What gradcheck checks: a function as a mapping of floating-point Variables to floating-point Variables, and its derivative
 * as another such mapping, which can be checked by the same means.
 */

/** An input's or an output's elements. */
export interface Values {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly elements: Float64Array;
}

/** The function under test, or its derivative: float Variables in, float Variables out. */
export interface Mapping {
  name: string;
  order: number;
  argumentNames: readonly string[];
  call(xs: readonly Variable[], createGraph: boolean): readonly Variable[];
}

/**
 * `f` as a mapping of its differentiable arguments; the others stay what they are in `constants`.
 * @throws ArgumentError when it has no floating-point output; GradcheckError when two calls differ.
 */
export function firstMapping(
  f: (...xs: Variable[]) => Variable | readonly Variable[],
  constants: readonly Variable[],
  differentiable: readonly number[],
  point: readonly Values[],
): Mapping {
  const call = (xs: readonly Variable[]): Variable[] => {
    const args = [...constants];
    differentiable.forEach((at, i) => {
      args[at] = xs[i]!;
    });
    const result = f(...args);
    const ys = result instanceof Variable ? [result] : result;
    if (!Array.isArray(ys) || !ys.every((y) => y instanceof Variable)) {
      throw new ArgumentError(`gradcheck: expected a function that returns Variables, got ${String(result)}`);
    }
    return ys.filter((y) => isFloat(y.dtype));
  };
  const ys = call(point.map(toVariable));
  const name = f.name || ys[0]?.creator?.name || "f";
  if (ys.length === 0) {
    throw new ArgumentError(`gradcheck: no output of ${name} is floating-point; expected something to differentiate`);
  }
  const again = call(point.map(toVariable)).map(elementsOf);
  if (ys.some((y, j) => elementsOf(y).some((v, k) => !Object.is(v, again[j]?.[k])))) {
    throw new GradcheckError(
      `gradcheck of ${name}: two calls at the same point give different values; expected seed(...) inside a function that draws random numbers`,
    );
  }
  return { name, order: 1, argumentNames: differentiable.map((i) => `argument ${i}`), call };
}

/** The function `(xs, cs) -> grad(mapping(xs), xs, { gradYs: cs })`. */
export function derivative(mapping: Mapping, inputCount: number, outputCount: number): Mapping {
  const of = mapping.order === 1 ? "output" : `order ${mapping.order - 1} gradient`;
  const cotangentNames = Array.from({ length: outputCount }, (_, j) => `the cotangent of ${of} ${j}`);
  return {
    name: mapping.name,
    order: mapping.order + 1,
    argumentNames: [...mapping.argumentNames, ...cotangentNames],
    call(all, createGraph) {
      const xs = all.slice(0, inputCount);
      return gradOf(mapping.call(xs, true), xs, all.slice(inputCount), createGraph);
    },
  };
}

/** As `grad`, with zeros where no graph leads. */
export function gradOf(
  ys: readonly Variable[],
  xs: readonly Variable[],
  gradYs: readonly Variable[],
  createGraph: boolean,
): Variable[] {
  const used = ys.flatMap((y, j) => (y.requiresGrad ? [j] : []));
  const starts = used.map((j) => gradYs[j]!);
  return grad(
    used.map((j) => ys[j]!),
    xs,
    { gradYs: starts, createGraph, allowUnused: true },
  );
}

/** The elements of `x` in float64. */
export function float64Values(x: Operand): Values {
  const data = array(x instanceof Variable ? x.data : x, { dtype: "float64" });
  return { shape: data.shape, dtype: "float64", elements: data.toTypedArray() as Float64Array };
}

/** The elements of `x`, as numbers, in row-major order. */
export function elementsOf(x: Variable): Float64Array {
  return Float64Array.from(x.toTypedArray());
}

/** A Variable that holds a copy of the elements and requires a gradient. */
export function toVariable({ shape, dtype, elements }: Values): Variable {
  return new Variable(array(elements, { dtype }).reshape(shape), true);
}
