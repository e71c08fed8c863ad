import { reducedShape, type Shape } from "../../../../core/shape.js";
import { elementwise } from "../elementwise.js";
import type { Rule, Translation } from "../translation.js";
import type { Value } from "../value.js";

/** `x` with `axes` reduced by an operator; as it is over no axes. */
export function reduced(t: Translation, op: string, x: Value, axes: readonly number[], keepdims: boolean): Value {
  const shapes = x.shapes.map((shape): Shape => reducedShape(shape, axes, keepdims));
  if (axes.length === 0) return x;
  const keep = { keepdims: keepdims ? 1 : 0 };
  const typed = { type: x.type, shapes };
  // Sums take their axes as an input since version 13 of the operator set, all others since 18.
  if (op === "ReduceSum" || t.graph.opset >= 18) return t.graph.node(op, [x, t.graph.integers(axes)], typed, keep);
  return t.graph.node(op, [x], typed, { axes, ...keep });
}

/** A reduction that is an operator of ONNX, in the dtype of the output. */
export function reduction(op: string): Rule {
  return (t) => {
    const type = t.type() === "bool" ? "int32" : t.type();
    const x = t.graph.cast(t.input(0), type);
    return t.graph.cast(reduced(t, op, x, t.field("axes"), t.field("keepdims")), t.type());
  };
}

/** The largest or the smallest. */
export const extremum: Rule = (t) => reduction(t.field("op") === "max" ? "ReduceMax" : "ReduceMin")(t);

/** Their position. */
export const argExtremum: Rule = (t) => {
  const x = t.input(0).type === "bool" ? t.graph.cast(t.input(0), "int32") : t.input(0);
  const op = t.field("op") === "argmax" ? "ArgMax" : "ArgMin";
  const keepdims = t.field<boolean>("keepdims") ? 1 : 0;
  const typed = { type: "int64" as const, shapes: t.shapes() };
  return t.graph.cast(t.graph.node(op, [x], typed, { axis: t.field<number>("axis"), keepdims }), "int32");
};

export const cumsum: Rule = (t) => {
  const x = t.graph.cast(t.input(0), t.type());
  const axis = t.graph.integers(t.field<number>("axis"));
  return t.graph.node("CumSum", [x, axis], t.typed(), { reverse: t.field<boolean>("reverse") ? 1 : 0 });
};

/** The mean square distance from the mean, by the degrees of freedom. */
export const variance: Rule = (t) => {
  const { graph } = t;
  const axes = t.field<readonly number[]>("axes");
  const x = graph.cast(t.input(0), t.type());
  const centered = t.elementwise("Sub", [x, reduced(t, "ReduceMean", x, axes, true)]);
  const total = reduced(t, "ReduceSum", t.elementwise("Mul", [centered, centered]), axes, t.field("keepdims"));
  const divisors = t.each<number>("divisor");
  const divisor = graph.squeeze(graph.length(divisors), [0]);
  const constant = divisors.every((n) => n === divisors[0]);
  return t.elementwise("Div", [total, constant ? graph.number(divisors[0]!, t.type()) : graph.cast(divisor, t.type())]);
};

export const standardDeviation: Rule = (t) => t.elementwise("Sqrt", [variance(t) as Value]);

/** The logarithm of the sum of exponentials, shifted by the largest where that is finite. */
export const logSumExp: Rule = (t) => {
  const { graph } = t;
  const axes = t.field<readonly number[]>("axes");
  const x = graph.cast(t.input(0), t.type());
  const largest = reduced(t, "ReduceMax", x, axes, true);
  const infinite = graph.node("IsInf", [largest], { type: "bool", shapes: largest.shapes });
  const shift = elementwise(graph, "Where", [infinite, graph.number(0, t.type()), largest], t.type());
  const total = reduced(t, "ReduceSum", t.elementwise("Exp", [t.elementwise("Sub", [x, shift])]), axes, true);
  return graph.reshape(t.elementwise("Add", [t.elementwise("Log", [total]), shift]), t.shapes());
};

/** `sum(|x| ** p) ** (1 / p)`. */
export const powerNorm: Rule = (t) => {
  const p = t.field<number>("p");
  const number = (value: number) => t.graph.number(value, t.type());
  const powers = t.elementwise("Pow", [t.elementwise("Abs", [t.input(0)]), number(p)]);
  const total = reduced(t, "ReduceSum", powers, t.field("axes"), t.field("keepdims"));
  return t.elementwise("Pow", [total, number(1 / p)]);
};
