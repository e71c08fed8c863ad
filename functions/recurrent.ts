import { grad } from "../core/backward.js";
import { config } from "../core/config.js";
import { type DType, floatOf, promote } from "../core/dtype.js";
import { ArgumentError, GraphError, ShapeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import { filled } from "../core/numeric.js";
import { unquoted } from "../core/options.js";
import { type Shape, sameShape, shapeText } from "../core/shape.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { relu } from "./activation.js";
import { astype } from "./dtype.js";
import { stack, unbind } from "./joining.js";
import { sigmoid, tanh } from "./math.js";

/*
 * What LSTM, GRU and RNN have in common. Each exists twice: composed of functions that can be differentiated to any order, and as one
 * Function over the whole sequence, several times faster, whose gradients are arrays. The latter turns to the former when a
 * gradient is to be differentiated again.
 */

/** An activation inside a recurrent network: by name, or any elementwise function. */
export type RecurrentActivation = "tanh" | "relu" | "sigmoid" | ((x: Variable) => Variable);

const ACTIVATIONS = new Map<unknown, (x: Variable) => Variable>([
  ["tanh", tanh],
  ["relu", relu],
  ["sigmoid", sigmoid],
]);

/**
 * The function that an option names.
 * @throws ArgumentError when it is neither a known name nor a function.
 */
export function activationOf(operation: string, option: string, value: RecurrentActivation): (x: Variable) => Variable {
  const known = typeof value === "function" ? value : ACTIVATIONS.get(value);
  if (known !== undefined) return known;
  throw new ArgumentError(
    `${operation}: unknown ${option} ${unquoted(value)}; expected ${[...ACTIVATIONS.keys()].join(", ")} or a function`,
  );
}

/** The identity, as a node of its own in the graph. */
class Alias extends FrugalFunction {
  override forward(x: NDArray): NDArray {
    return x;
  }

  override backward(gy: Variable): Variable {
    return gy;
  }
}

/** A recurrent network over a whole sequence as one Function of several outputs, the first of them those of all steps. */
export abstract class Recurrence extends FrugalFunction {
  private states: NDArray | null = null;
  private version = 0;

  /** The same, composed of differentiable functions. */
  protected abstract composed(xs: readonly Variable[]): Variable[];

  /** Gradients of the inputs, null for those that are not needed. */
  protected abstract gradients(gys: readonly NDArray[]): (NDArray | null)[];

  /** Remembers the states, which the outputs share, for `backward` to see whether they were changed. */
  protected keep(states: NDArray): void {
    this.states = states;
    this.version = states.version;
  }

  override backward(...gys: Variable[]): (Variable | null)[] {
    if (config.enableBackprop) return this.recorded(gys);
    if (this.states!.version !== this.version) {
      throw new GraphError(
        `${this.name}.backward: the outputs were changed in place after forward saved them; expected them unchanged until ` +
          "backward, or a copy to change",
      );
    }
    return this.gradients(gys.map((gy) => gy.data)).map((gx) => (gx === null ? null : new Variable(gx, false)));
  }

  /** Runs the composed form and its backward pass, which are recorded. */
  private recorded(gys: readonly Variable[]): (Variable | null)[] {
    // Inputs may depend on each other, or be the same: each stands for itself alone behind an alias.
    const aliases = this.inputs.map((_, i) => new Alias().apply(this.input(i)));
    const needed = aliases.filter((_, i) => this.needs(i));
    const gxs = grad(this.composed(aliases), needed, { gradYs: gys, createGraph: true });
    return aliases.map((_, i) => (this.needs(i) ? gxs.shift()! : null));
  }
}

/**
 * Runs `step` over the entries of `xs` along axis 0, from the end with `reverse`, and stacks the states it returns first in the
 * order of the entries. Returns them and the last states.
 */
export function overSteps(
  xs: Variable,
  initial: readonly Variable[],
  reverse: boolean,
  step: (x: Variable, states: readonly Variable[]) => Variable[],
): Variable[] {
  const entries = unbind(xs);
  if (reverse) entries.reverse();
  let states = initial;
  const outputs = entries.map((x) => {
    states = step(x, states);
    return states[0]!;
  });
  if (reverse) outputs.reverse();
  return [stack(outputs), ...states];
}

/** What a recurrent network is called with. */
export interface RecurrentOperands {
  x: Operand;
  /** States by name, null for zeros. */
  states: Readonly<Record<string, Operand | null>>;
  Wx: Operand;
  Wh: Operand;
  /** Biases by name, null for zeros. */
  biases: Readonly<Record<string, Operand | null>>;
}

/**
 * The operands as Variables of one floating-point dtype: x, the states, Wx, Wh and the biases. `gates` says how many blocks of
 * columns the weights have.
 * @throws ShapeError when they do not fit together.
 */
export function recurrentOperands(operation: string, gates: number, given: RecurrentOperands): Variable[] {
  const x = asVariable(operation, given.x);
  const [Wx, Wh] = [asVariable(operation, given.Wx, x), asVariable(operation, given.Wh, x)];
  if (x.ndim !== 3 || x.shape[0] === 0) {
    throw new ShapeError(
      `${operation}: x has shape ${shapeText(x.shape)}; expected (steps, N, in) with at least one step`,
    );
  }
  const [, rows, inputs] = x.shape as [number, number, number];
  const width = Wh.shape[0] ?? 0;
  const of = gates === 1 ? "H" : `${gates} H`;
  check(operation, "Wh", Wh, [width, gates * width], `(H, ${of})`);
  check(operation, "Wx", Wx, [inputs, gates * width], `(in, ${of})`);
  const fill = (operands: Readonly<Record<string, Operand | null>>, shape: Shape, layout: string): Variable[] =>
    Object.entries(operands).map(([name, operand]) => {
      if (operand === null) return new Variable(filled(shape, 0, floatOf(x.dtype)), false);
      const variable = asVariable(operation, operand, x);
      check(operation, name, variable, shape, layout);
      return variable;
    });
  const states = fill(given.states, [rows, width], "(N, H)");
  const biases = fill(given.biases, [gates * width], `(${of},)`);
  const all = [x, ...states, Wx, Wh, ...biases];
  const dtype: DType = floatOf(all.map((v) => v.dtype).reduce(promote));
  return all.map((v) => astype(v, dtype));
}

function check(operation: string, name: string, x: Variable, shape: Shape, layout: string): void {
  if (sameShape(x.shape, shape)) return;
  throw new ShapeError(
    `${operation}: ${name} has shape ${shapeText(x.shape)}; expected ${layout}, here ${shapeText(shape)}`,
  );
}
