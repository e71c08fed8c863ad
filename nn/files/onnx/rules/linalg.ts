import type { Shape } from "../../../../core/shape.js";
import type { Graph } from "../graph.js";
import type { Rule } from "../translation.js";
import type { Value } from "../value.js";

/** A product of matrices, each of which may be transposed. */
export const matMul: Rule = (t) => {
  const [a, b] = t.inputs.map((x) => t.graph.cast(x, t.type())) as [Value, Value];
  const [swapsA, swapsB] = [t.field<boolean>("swapsA"), t.field<boolean>("swapsB")];
  return t.graph.node("MatMul", [swapsA ? swapped(t.graph, a) : a, swapsB ? swapped(t.graph, b) : b], t.typed());
};

/** `x W + b`: one operator for a batch of vectors. */
export const linear: Rule = (t) => {
  const [x, W, b] = t.inputs.map((value) => t.graph.cast(value, t.type())) as [Value, Value, Value | undefined];
  if (b === undefined) return t.graph.node("MatMul", [x, W], t.typed());
  if (x.shapes[0]!.length === 2) return t.graph.node("Gemm", [x, W, b], t.typed());
  return t.graph.node("Add", [t.graph.node("MatMul", [x, W], t.typed()), b], t.typed());
};

function swapped(graph: Graph, x: Value): Value {
  const axes = [...(x.shapes[0] as Shape).keys()];
  const n = axes.length;
  return graph.transpose(x, [...axes.slice(0, -2), n - 1, n - 2]);
}
