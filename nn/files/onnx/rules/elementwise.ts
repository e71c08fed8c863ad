import type { NDArray } from "../../../../core/ndarray.js";
import { elementwise } from "../elementwise.js";
import { type Rule, type Translation, widest } from "../translation.js";
import type { Value } from "../value.js";

/** Functions of one operand that are an operator of ONNX, by what their kernel is called. */
const OPERATORS: Readonly<Record<string, string>> = {
  exp: "Exp",
  log: "Log",
  sqrt: "Sqrt",
  reciprocal: "Reciprocal",
  neg: "Neg",
  abs: "Abs",
  sign: "Sign",
  floor: "Floor",
  ceil: "Ceil",
  round: "Round",
  sin: "Sin",
  cos: "Cos",
  tan: "Tan",
  asin: "Asin",
  acos: "Acos",
  atan: "Atan",
  sinh: "Sinh",
  cosh: "Cosh",
  tanh: "Tanh",
  erf: "Erf",
  sigmoid: "Sigmoid",
  relu: "Relu",
  softplus: "Softplus",
};

/** An operator on the inputs, in the dtype of the output. */
export function operator(op: string): Rule {
  return (t) => t.elementwise(op);
}

/** A function of one operand, by its kernel. */
export const unary: Rule = (t) => unaryOf(t, t.field("op"), t.input(0));

/** The kernel `op` of a value, in the dtype of the output of the step. */
export function unaryOf(t: Translation, op: string, x: Value): Value {
  const number = (value: number) => t.graph.number(value, t.type());
  const e = (name: string, ...values: Value[]) => t.elementwise(name, values);
  switch (op) {
    case "square":
      return e("Mul", x, x);
    case "rsqrt":
      return e("Reciprocal", e("Sqrt", x));
    case "expm1":
      // e ** x - 1 = tanh(x / 2) (e ** x + 1), which does not cancel near 0.
      return e("Mul", e("Tanh", e("Mul", x, number(0.5))), e("Add", e("Exp", x), number(1)));
    case "log1p": {
      // Of u = 1 + x as it is rounded, log(u) x / (u - 1) is exact where log(u) is not.
      const u = e("Add", x, number(1));
      const exact = e("Div", e("Mul", e("Log", u), x), e("Sub", u, number(1)));
      const lost = elementwise(t.graph, "Equal", [u, number(1)], "bool");
      const huge = elementwise(t.graph, "Equal", [u, t.graph.cast(x, t.type())], "bool");
      const otherwise = elementwise(t.graph, "Where", [huge, e("Log", u), exact], t.type());
      return elementwise(t.graph, "Where", [lost, t.graph.cast(x, t.type()), otherwise], t.type());
    }
    default:
      return e(OPERATORS[op]!, x);
  }
}

const COMPARISONS: Readonly<Record<string, string>> = {
  equal: "Equal",
  notEqual: "Equal",
  less: "Less",
  lessEqual: "LessOrEqual",
  greater: "Greater",
  greaterEqual: "GreaterOrEqual",
};

/** A comparison, in the wider dtype of the two. */
export const comparison: Rule = (t) => {
  const op = t.field<string>("op");
  const type = widest(t.inputs);
  const operands = t.inputs.map((x) => t.graph.cast(x, type === "bool" ? "int32" : type));
  const y = elementwise(t.graph, COMPARISONS[op]!, operands, "bool");
  return op === "notEqual" ? elementwise(t.graph, "Not", [y], "bool") : y;
};

/** A choice; between equals there is none. */
export const where: Rule = (t) => {
  const { graph, step } = t;
  if (step.inputs[1] === step.inputs[2]) return graph.expand(t.input(1), t.shapes());
  const type = t.type() === "bool" ? "int32" : t.type();
  const choices = [graph.cast(t.input(1), type), graph.cast(t.input(2), type)];
  return graph.cast(elementwise(graph, "Where", [t.input(0), ...choices], type), t.type());
};

/** `maximum` or `minimum`. */
export const extreme: Rule = (t) => t.elementwise(t.field("op") === "maximum" ? "Max" : "Min");

/** Bounds, either of which may be missing. */
export const clip: Rule = (t) => {
  let y = t.input(0);
  for (const [key, op] of [
    ["min", "Max"],
    ["max", "Min"],
  ] as const) {
    const bounds = t.each<NDArray | null>(key);
    if (bounds[0] !== null) y = t.elementwise(op, [y, t.kept(bounds as NDArray[], "its bounds")]);
  }
  return y.type === t.type() ? y : t.graph.cast(y, t.type());
};

/** A power with a number as exponent. */
export const powConstant: Rule = (t) => {
  const exponent = t.field<number>("exponent");
  const x = t.graph.cast(t.input(0), t.type());
  return exponent === 2 ? t.elementwise("Mul", [x, x]) : t.elementwise("Pow", [x, t.graph.number(exponent, t.type())]);
};

/** ELU and SELU. */
export const exponentialLinear: Rule = (t) => {
  const [alpha, scale] = [t.field<number>("alpha"), t.field<number>("scale")];
  if (scale === 1) return t.elementwise("Elu", t.inputs, { alpha: { float: alpha } });
  return t.elementwise("Selu", t.inputs, { alpha: { float: alpha }, gamma: { float: scale } });
};

export const leakyRelu: Rule = (t) => t.elementwise("LeakyRelu", t.inputs, { alpha: { float: t.field("alpha") } });

/** A change of dtype. */
export const asType: Rule = (t) => t.graph.cast(t.input(0), t.type());

/** Softmax or its logarithm along an axis. */
export function softmax(op: string): Rule {
  return (t) => {
    const x = t.graph.cast(t.input(0), t.type());
    return t.graph.node(op, [x], t.typed(), { axis: t.field<number>("axis") });
  };
}
