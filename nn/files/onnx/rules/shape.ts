import { GraphError } from "../../../../core/errors.js";
import type { Shape } from "../../../../core/shape.js";
import type { Graph } from "../graph.js";
import { isConstant } from "../sizes.js";
import type { Rule } from "../translation.js";
import type { Value } from "../value.js";
import { reduced } from "./reduce.js";

/** Past the end of any axis, in either direction. */
const END = 2 ** 31 - 1;

export const reshape: Rule = (t) => t.graph.reshape(t.input(0), t.shapes());

export const transpose: Rule = (t) => {
  const ndim = t.shapes()[0]!.length;
  const [axes] = t.each<readonly number[] | undefined>("axes");
  const order = axes ?? Array.from({ length: ndim }, (_, i) => ndim - 1 - i);
  return t.graph.transpose(
    t.input(0),
    order.map((axis) => (axis < 0 ? axis + ndim : axis)),
  );
};

export const broadcastTo: Rule = (t) => t.graph.expand(t.input(0), t.shapes());

export const sumTo: Rule = (t) => {
  const x = t.graph.cast(t.input(0), t.type());
  const [shape, target] = [x.shapes[0]!, t.shapes()[0]!];
  const extra = shape.length - target.length;
  const axes = [...shape.keys()].filter(
    (i) => i < extra || t.shapes().every((to, k) => to[i - extra] === 1 && x.shapes[k]![i] !== 1),
  );
  return t.graph.reshape(reduced(t, "ReduceSum", x, axes, true), t.shapes());
};

/** Arrays one after the other; transpositions alike are done after. */
export const cat: Rule = (t) => {
  const { graph } = t;
  const axis = t.field<number>("axis");
  const xs = t.inputs.map((x) => graph.cast(x, t.type()));
  const [perm] = xs.map((x) => (x.node?.op === "Transpose" ? (x.node.attributes.perm as readonly number[]) : null));
  const alike = xs.every((x) => x.node?.op === "Transpose" && String(x.node.attributes.perm) === String(perm));
  if (!alike || !perm) return graph.concat(xs, axis);
  const sources = xs.map((x) => x.node!.inputs[0]!);
  return graph.transpose(graph.concat(sources, perm[axis]!), perm);
};

export const stack: Rule = (t) => {
  const axis = t.field<number>("axis");
  return t.graph.concat(
    t.inputs.map((x) => t.graph.unsqueeze(t.graph.cast(x, t.type()), [axis])),
    axis,
  );
};

export const split: Rule = (t) => {
  const axis = t.field<number>("axis");
  const outputs = t.step.outputs.map((_, i) => t.typed(i));
  // Lengths as shapes, which are computed where they have to be.
  const lengths = t.step.fns.map((_, k) => outputs.map(({ shapes }) => shapes[k]![axis]!));
  return t.graph.nodeOf("Split", [t.input(0), t.graph.shape(lengths)], outputs, { axis });
};

export const unbind: Rule = (t) => {
  const axis = t.field<number>("axis");
  return t.step.outputs.map((_, i) => t.graph.node("Gather", [t.input(0), t.graph.integers(i)], t.typed(i), { axis }));
};

export const pad: Rule = (t) => {
  const widths = t.field<readonly (readonly [number, number])[]>("widths");
  return padded(t.graph, t.input(0), widths, t.field("value"));
};

/** `x` with `value` around it; a transposition is done after. */
export function padded(graph: Graph, x: Value, widths: readonly (readonly [number, number])[], value: number): Value {
  if (widths.every(([before, after]) => before === 0 && after === 0)) return x;
  if (x.node?.op === "Transpose") {
    const perm = x.node.attributes.perm as readonly number[];
    const source = perm.map((_, i) => widths[perm.indexOf(i)]!);
    return graph.transpose(padded(graph, x.node.inputs[0]!, source, value), perm);
  }
  const shapes = x.shapes.map((shape) => shape.map((n, i) => n + widths[i]![0] + widths[i]![1]));
  const pads = graph.integers([...widths.map(([before]) => before), ...widths.map(([, after]) => after)]);
  // The runtime knows no padding of bools.
  const type = x.type === "bool" || x.type === "int64" ? "int32" : x.type;
  const y = graph.node("Pad", [graph.cast(x, type), pads, graph.number(value, type)], { type, shapes });
  return x.type === "bool" ? graph.cast(y, "bool") : y;
}

export const flip: Rule = (t) => {
  const axes = t.field<readonly number[]>("axes");
  const repeat = (n: number) => t.graph.integers(axes.map(() => n));
  if (axes.length === 0) return t.input(0);
  return t.graph.node("Slice", [t.input(0), repeat(END), repeat(-END), t.graph.integers(axes), repeat(-1)], t.typed());
};

export const roll: Rule = (t) => {
  let y = t.input(0);
  for (const [axis, shift] of t.field<readonly number[]>("shifts").entries()) {
    const lengths = t.graph.lengthsOf(y)[axis]!;
    const n = lengths[0]!;
    const moved = isConstant(lengths) && n > 0 ? shift % n : shift;
    if (moved === 0) continue;
    if (lengths.some((length) => Math.abs(moved) >= length)) {
      throw new GraphError(`a shift of ${shift} goes around an axis whose length is left open; expected a shorter one`);
    }
    // The last `moved` elements come first, or all but the first that many.
    const cut = -moved;
    const tail = moved > 0 ? () => moved : (length: number) => length + moved;
    const ends = slice(t.graph, y, axis, [cut, END, 1], lengths.map(tail));
    const starts = slice(
      t.graph,
      y,
      axis,
      [0, cut, 1],
      lengths.map((length) => length - tail(length)),
    );
    y = t.graph.concat([ends, starts], axis);
  }
  return y;
};

/** A range of an axis, `lengths` long. */
export function slice(
  graph: Graph,
  x: Value,
  axis: number,
  [start, stop, step]: readonly [number, number, number],
  lengths: readonly number[],
): Value {
  const shapes = x.shapes.map((shape, k) => shape.map((n, i) => (i === axis ? lengths[k]! : n)));
  const inputs = [start, stop, axis, step].map((value) => graph.integers([value]));
  return graph.node("Slice", [x, inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!], { type: x.type, shapes });
}

/** The diagonal of two axes as the last one. */
export const diagonal: Rule = (t) => {
  const { offset, axis1, axis2 } = t.field<{ offset: number; axis1: number; axis2: number }>("place");
  const { graph } = t;
  const x = t.input(0);
  const lengths = graph.lengthsOf(x);
  const [rows, cols] = [constantLength(lengths[axis1]!), constantLength(lengths[axis2]!)];
  const rest = [...lengths.keys()].filter((axis) => axis !== axis1 && axis !== axis2);
  const moved = graph.transpose(x, [...rest, axis1, axis2]);
  const flat = graph.reshape(
    moved,
    moved.shapes.map((shape): Shape => [...shape.slice(0, -2), rows * cols]),
  );
  const count = t.shapes()[0]!.at(-1)!;
  const first = Math.max(0, offset) + Math.max(0, -offset) * cols;
  const positions = Array.from({ length: count }, (_, i) => first + i * (cols + 1));
  return graph.node("Gather", [flat, graph.integers(positions)], t.typed(), { axis: rest.length });
};

/** @throws GraphError when a length differs from trace to trace. */
export function constantLength(lengths: readonly number[]): number {
  if (isConstant(lengths)) return lengths[0]!;
  throw new GraphError(
    "it takes apart an axis whose length is left open; expected a fixed length (option dynamicAxes)",
  );
}

/** The end of any axis, for a range that goes on to it. */
export const TO_THE_END = END;
