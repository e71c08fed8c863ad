import { accumulate, BackwardPass, checkGradient } from "./backward-pass.js";
import { ArgumentError, GraphError, ShapeError } from "./errors.js";
import { filled } from "./numeric.js";
import { checkOptions } from "./options.js";
import { giveBack } from "./release.js";
import { type Shape, sameShape, shapeText } from "./shape.js";
import { asVariable, type Operand, Variable } from "./variable.js";

/** Options of `backward`. */
export interface BackwardOptions {
  /** Also leave gradients on the Variables in between. */
  retainGrad?: boolean;
  /** Record the graph of the gradients, so that they can be differentiated again. */
  createGraph?: boolean;
  /** The gradient to start from, of the output's shape; 1 for a single element. */
  gradient?: Operand;
}

/** Options of `grad`. */
export interface GradOptions {
  /** The gradients to start from, one for each of `ys`; 1 for a single element. */
  gradYs?: readonly Operand[];
  /** Record the graph of the gradients, so that they can be differentiated again. */
  createGraph?: boolean;
  /** Zeros, instead of an error, for an x that no y depends on. */
  allowUnused?: boolean;
}

declare module "./variable.js" {
  interface Variable<S extends Shape = Shape> {
    /**
     * Adds to `grad` of every leaf behind this the gradient of this with respect to it. Nothing changes when it throws.
     * @throws GraphError when there is no graph, when this has several elements and no `gradient` is given, or when an array
     * that a function saved was changed; ShapeError when the given gradient has another shape.
     */
    backward(options?: BackwardOptions): void;
  }
}

Variable.prototype.backward = function (this: Variable, options: BackwardOptions = {}): void {
  checkOptions("backward", options, ["retainGrad", "createGraph", "gradient"]);
  const { retainGrad = false, createGraph = false, gradient } = options;
  const pass = new BackwardPass(null, retainGrad);
  pass.run([this], [startingGradient("backward", this, gradient)], createGraph);
  // All sums first: where one finds no memory, no gradient has changed.
  for (const [x, gx] of pass.results) {
    const former = x.peekGrad();
    if (former === null) continue;
    pass.results.set(x, accumulate(former, gx, createGraph));
    if (!createGraph) giveBack(gx);
  }
  for (const [x, gx] of pass.results) x.receiveGrad(gx);
};

/**
 * Gradients of the sum of `ys` with respect to each of `xs`, leaving every `.grad` alone. Only what lies between is computed.
 * @throws GraphError as `backward`, and when an x is not reached and `allowUnused` is not set.
 */
export function grad(
  ys: readonly Variable[] | Variable,
  xs: readonly Variable[] | Variable,
  options: GradOptions = {},
): Variable[] {
  checkOptions("grad", options, ["gradYs", "createGraph", "allowUnused"]);
  const { gradYs, createGraph = false, allowUnused = false } = options;
  const outputs = ys instanceof Variable ? [ys] : ys;
  const inputs = xs instanceof Variable ? [xs] : xs;
  if (gradYs !== undefined && gradYs.length !== outputs.length) {
    throw new ArgumentError(`grad: expected a gradient for each of ${outputs.length} ys, got ${gradYs.length}`);
  }
  const starts = outputs.map((y, i) => startingGradient("grad", y, gradYs?.[i]));
  const pass = new BackwardPass(new Set(inputs), false);
  pass.run(outputs, starts, createGraph);
  return inputs.map((x, i) => {
    const gx = pass.results.get(x);
    if (gx !== undefined) return gx;
    if (allowUnused) return new Variable(filled(x.shape, 0, x.dtype), false);
    throw new GraphError(
      `grad: no y depends on x ${i}${x.name === null ? "" : ` (${x.name})`} of shape ${shapeText(x.shape)}; ` +
        "expected a graph from it to a y, or allowUnused: true",
    );
  });
}

function startingGradient(operation: string, y: Variable, gradient: Operand | undefined): Variable {
  if (y.undifferentiable !== null) {
    throw new GraphError(
      `${operation}: ${y.undifferentiable} is not differentiable: its result is ${y.dtype}; expected a floating-point result`,
    );
  }
  if (!y.requiresGrad) {
    throw new GraphError(
      `${operation}: no graph leads to this Variable of shape ${shapeText(y.shape)}: it was computed inside noGrad, from constants ` +
        "only, by a function without a gradient, or was unchained; expected a result computed from a Variable that requires a gradient",
    );
  }
  if (gradient === undefined) {
    if (y.size !== 1) {
      throw new GraphError(
        `${operation}: the output has shape ${shapeText(y.shape)}; expected a single element, or a gradient of that shape`,
      );
    }
    return new Variable(filled(y.shape, 1, y.dtype), false);
  }
  const start = asVariable(operation, gradient, y);
  if (!sameShape(start.shape, y.shape)) {
    throw new ShapeError(
      `${operation}: the gradient has shape ${shapeText(start.shape)} and the output ${shapeText(y.shape)}; expected equal shapes`,
    );
  }
  checkGradient(operation, y, start);
  return start;
}
