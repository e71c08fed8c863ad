import { grad } from "../../../core/backward.js";
import { array } from "../../../core/creation.js";
import { type DType, isFloat } from "../../../core/dtype.js";
import { noGrad, seed } from "../../../core/index.js";
import type { NDArray } from "../../../core/ndarray.js";
import { type Parameter, Variable } from "../../../core/variable.js";
import type { FloatDType, Layer, StateDict } from "../../../nn/index.js";
import { type Given, inputValues } from "../../functions/table/case.js";
import { type Input, type LayerCase, type Modes, real, titleOf } from "./case.js";

/** How the elements of an array lie in memory. */
export type Layout = (x: NDArray) => NDArray;

/** Which of the three training steps, each with inputs of its own. */
export type Step = 0 | 1 | 2;

/** All training steps. */
export const STEPS: readonly Step[] = [0, 1, 2];

const SEED = 5;

/** The numbers that stand for `inputs`, drawn for the row and for `what` they are. */
function values(lc: LayerCase, what: string, inputs: readonly Input[]): Given[] {
  for (const { shape } of inputs) {
    // Drawn numbers have three decimals and are all different.
    if (shape.reduce((a, b) => a * b, 1) > 1000) throw new Error(`${titleOf(lc)}: ${what} has more than 1000 elements`);
  }
  return inputs.map((_, i) => inputValues({ name: titleOf(lc), label: what, inputs }, i));
}

/** A given array in `dtype`, or in its own when that is another kind. */
export function arrayOf({ shape, values, dtype: own }: Given, dtype: DType): NDArray {
  return array([...values], { dtype: own ?? dtype }).reshape([...shape]);
}

/** The inputs of a step. */
export function inputsOf(lc: LayerCase, step: Step): Given[] {
  return values(lc, `step ${step}`, lc.inputs);
}

/** The inputs of a step as Variables, of which those that get gradients require them. */
export function variablesOf(lc: LayerCase, step: Step, dtype: FloatDType, layout: Layout = (x) => x): Variable[] {
  return inputsOf(lc, step).map((given, i) => {
    const x = layout(arrayOf(given, dtype));
    return new Variable(x, isFloat(x.dtype) && lc.constants?.includes(i) !== true);
  });
}

/** Random gradients of the outputs of a step; null for an output that no gradient flows from. */
export function cotangentsOf(lc: LayerCase, step: Step, ys: readonly Variable[]): (Given | null)[] {
  const drawn = values(
    lc,
    `gradients of step ${step}`,
    ys.map((y) => real(y.shape, -1.9, 1.9)),
  );
  return ys.map((y, i) => (y.requiresGrad ? drawn[i]! : null));
}

/** The modes of a row's steps. */
export function modesOf({ training = [true, true, true] }: LayerCase): Modes {
  return training;
}

/** The layer as its constructor leaves it, without sizes. */
export function lazy(lc: LayerCase, dtype: FloatDType): Layer {
  seed(SEED);
  return lc.make({ dtype });
}

/** The layer as its constructor leaves it, with sizes. */
export function explicit(lc: LayerCase, dtype: FloatDType): Layer {
  seed(SEED);
  return lc.make({ dtype, ...lc.sizes });
}

/** The layer with parameters drawn for the row and the buffers as it makes them, in the mode of the first step. */
export function prepared(lc: LayerCase, dtype: FloatDType): Layer {
  const layer = explicit(lc, dtype);
  if ([...layer.parameters(), ...layer.buffers()].some((entry) => !entry.initialized)) {
    noGrad(() => forward(lc, layer.eval(), variablesOf(lc, 0, dtype)));
  }
  const drawn = parametersOf(lc, layer);
  const parameters = Object.entries(drawn).map(([name, given]) => [name, arrayOf(given, dtype)]);
  const buffers = layer.namedBuffers().map(([name, buffer]) => [name, buffer.data]);
  layer.loadStateDict(Object.fromEntries([...parameters, ...buffers]) as StateDict);
  return setMode(layer, modesOf(lc)[0]);
}

/** The layer as `prepared` makes it, after a forward in each step but the last, and in the mode of the last. */
export function settled(lc: LayerCase, dtype: FloatDType): Layer {
  const layer = prepared(lc, dtype);
  for (const step of [0, 1] as const) {
    setMode(layer, modesOf(lc)[step]);
    noGrad(() => forward(lc, layer, variablesOf(lc, step, dtype)));
  }
  return setMode(layer, modesOf(lc)[2]);
}

/** Numbers for the parameters of the row's layer, by name. */
export function parametersOf(lc: LayerCase, layer: Layer): Record<string, Given> {
  return Object.fromEntries(
    layer.namedParameters().map(([name, parameter]) => {
      const [low, high] = lc.ranges?.[name] ?? [-0.9, 0.9];
      return [name, values(lc, name, [real(parameter.shape, low, high)])[0]!];
    }),
  );
}

/** Puts a layer into training, or out of it. */
export function setMode(layer: Layer, training: boolean): Layer {
  return training ? layer.train() : layer.eval();
}

/** The outputs of a forward, as a list. */
export function forward(lc: LayerCase, layer: Layer, xs: readonly Variable[]): Variable[] {
  seed(SEED);
  const ys = lc.call === undefined ? (layer as ForwardLayer).forward(...xs) : lc.call(layer, ...xs);
  return ys instanceof Variable ? [ys] : [...ys];
}

type ForwardLayer = Layer & { forward(...xs: Variable[]): Variable | readonly Variable[] };

/** What a forward and a backward gave. */
export interface Run {
  xs: Variable[];
  ys: Variable[];
  /** For each input that requires one. */
  inputGradients: Variable[];
  /** For each parameter that learns, by name. */
  gradients: Record<string, Variable>;
}

/** A forward and a backward with the random numbers of a step. Leaves no gradient behind. */
export function run(lc: LayerCase, layer: Layer, step: Step, dtype: FloatDType, layout: Layout = (x) => x): Run {
  const xs = variablesOf(lc, step, dtype, layout);
  const ys = forward(lc, layer, xs);
  const { starts, gradYs } = startsOf(lc, step, ys, layout);
  const leaves = xs.filter((x) => x.requiresGrad);
  const named = layer.namedParameters().filter(([, parameter]) => parameter.requiresGrad);
  if (starts.length === 0) return { xs, ys, inputGradients: [], gradients: {} };
  const parameters = named.map(([, parameter]) => parameter);
  const gradients = grad(starts, [...leaves, ...parameters], { gradYs, allowUnused: true });
  return {
    xs,
    ys,
    inputGradients: gradients.slice(0, leaves.length),
    gradients: Object.fromEntries(named.map(([name], i) => [name, gradients[leaves.length + i]!])),
  };
}

/** The outputs that gradients flow from, and these gradients. */
export function startsOf(lc: LayerCase, step: Step, ys: readonly Variable[], layout: Layout = (x) => x) {
  const pairs = cotangentsOf(lc, step, ys).flatMap((given, i) => (given === null ? [] : [{ given, y: ys[i]! }]));
  return { starts: pairs.map(({ y }) => y), gradYs: pairs.map(({ given, y }) => layout(arrayOf(given, y.dtype))) };
}

/**
 * The outputs for other values of the parameters: `standIns`, in the order of `layer.parameters()`, take their places in the
 * properties of the layers.
 */
export function forwardWith(
  lc: LayerCase,
  layer: Layer,
  xs: readonly Variable[],
  standIns: readonly Variable[],
): Variable[] {
  const parameters = layer.parameters();
  const exchange = (from: readonly Variable[], to: readonly Variable[]): void => {
    for (const [, inner] of layers) replaceIn(inner, from, to);
  };
  const layers = layer.namedLayers();
  standIns.forEach((variable, i) => {
    Object.assign(variable, {
      initialized: true,
      pattern: (parameters[i] as Parameter & { pattern?: unknown }).pattern,
    });
  });
  exchange(parameters, standIns);
  try {
    return forward(lc, layer, xs);
  } finally {
    exchange(standIns, parameters);
  }
}

function replaceIn(holder: object, from: readonly Variable[], to: readonly Variable[]): void {
  for (const [key, value] of Object.entries(holder)) {
    if (Array.isArray(value)) replaceIn(value, from, to);
    else if (from.includes(value)) Object.assign(holder, { [key]: to[from.indexOf(value)] });
  }
}
