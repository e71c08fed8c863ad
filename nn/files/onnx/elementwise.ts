import { broadcastShapes, type Shape, sameShape } from "../../../core/shape.js";
import type { Graph } from "./graph.js";
import type { ElementType } from "./schema.js";
import type { Attributes, Value } from "./value.js";

/**
 * An operator, one element after the other, of values that broadcast. Where its operands are transpositions alike it works on what
 * they transpose, so that the transpositions around convolutions, whose channels come second in ONNX and last here, meet and cancel.
 */
export function elementwise(
  graph: Graph,
  op: string,
  inputs: readonly Value[],
  type: ElementType,
  attributes: Attributes = {},
): Value {
  const shapes = broadcast(inputs);
  const perm = commonOrder(inputs, shapes);
  if (perm === null) return graph.node(op, inputs, { type, shapes }, attributes);
  const inverse = perm.map((_, i) => perm.indexOf(i));
  const sources = inputs.map((x) => {
    if (x.node?.op === "Transpose") return x.node.inputs[0]!;
    if (x.shapes[0]!.length === 0) return x;
    const rank = perm.length - x.shapes[0]!.length;
    return graph.transpose(graph.unsqueeze(x, [...Array(rank).keys()]), inverse);
  });
  const moved = shapes.map((shape) => inverse.map((axis) => shape[axis]!));
  return graph.transpose(graph.node(op, sources, { type, shapes: moved }, attributes), perm);
}

/** The order in which all operands but constants are transposed, if it is one. */
function commonOrder(inputs: readonly Value[], shapes: readonly Shape[]): readonly number[] | null {
  const computed = inputs.filter(({ data }) => data === null);
  const orders = computed.map((x) =>
    x.node?.op === "Transpose" ? (x.node.attributes.perm as readonly number[]) : null,
  );
  const first = orders[0];
  if (first === undefined || first === null) return null;
  if (!orders.every((order) => order?.join() === first.join())) return null;
  return computed.every((x) => x.shapes.every((shape, k) => sameShape(shape, shapes[k]!))) ? first : null;
}

function broadcast(inputs: readonly Value[]): Shape[] {
  return inputs[0]!.shapes.map((_, k) =>
    inputs.map(({ shapes }) => shapes[k]!).reduce<Shape>((all, shape) => broadcastShapes("exportOnnx", all, shape), []),
  );
}
