import type { NDArray } from "../../../../core/ndarray.js";
import { elementwise } from "../elementwise.js";
import { equalArrays } from "../program.js";
import type { Rule, Translation } from "../translation.js";
import type { Value } from "../value.js";
import { reduced } from "./reduce.js";

export const layerNorm: Rule = (t) => {
  const attributes = { axis: -1, epsilon: { float: t.field<number>("epsilon") } };
  return t.graph.node("LayerNormalization", t.inputs, t.typed(), attributes);
};

/** Batch normalization by given moments, with channels second as ONNX has them; by its own where none are given. */
export const batchNorm: Rule = (t) => {
  const { graph } = t;
  const given = t.each<{ mean: NDArray; variance: NDArray } | null>("given");
  const [x, gamma, beta] = t.inputs as [Value, Value, Value];
  const rank = x.shapes[0]!.length;
  if (given[0] === null || rank === 1) return byMoments(t, given[0] === null ? null : momentsOf(t, given as Moments[]));
  const moments = momentsOf(t, given as Moments[]);
  const inner = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const second = graph.transpose(x, [0, rank - 1, ...inner]);
  const attributes = { epsilon: { float: t.field<number>("epsilon") } };
  const typed = { type: t.type(), shapes: second.shapes };
  const y = graph.node("BatchNormalization", [second, gamma, beta, ...moments], typed, attributes);
  return graph.transpose(y, [0, ...inner.map((axis) => axis + 1), 1]);
};

type Moments = { mean: NDArray; variance: NDArray };

function momentsOf(t: Translation, given: readonly Moments[]): [mean: Value, variance: Value] {
  return [
    t.kept(
      given.map(({ mean }) => mean),
      "its means",
    ),
    t.kept(
      given.map(({ variance }) => variance),
      "its variances",
    ),
  ];
}

/** The formula itself. */
function byMoments(t: Translation, given: [mean: Value, variance: Value] | null): Value {
  const [x, gamma, beta] = t.inputs as [Value, Value, Value];
  const axes = x.shapes[0]!.slice(1).map((_, axis) => axis);
  const mean = given?.[0] ?? reduced(t, "ReduceMean", x, axes, true);
  const centered = t.elementwise("Sub", [x, mean]);
  const spread = given?.[1] ?? reduced(t, "ReduceMean", t.elementwise("Mul", [centered, centered]), axes, true);
  const root = t.elementwise("Sqrt", [t.elementwise("Add", [spread, t.graph.number(t.field("epsilon"), t.type())])]);
  return t.elementwise("Add", [t.elementwise("Mul", [t.elementwise("Div", [centered, root]), gamma]), beta]);
}

/** Softmax over the scores that count, 0 at the others. */
export const maskedSoftmax: Rule = (t) => {
  const { graph } = t;
  const type = t.type();
  const scores = t.input(0);
  const allowed = allowedBy(t);
  // Far below every score, but not so that a row of nothing else would be NaN.
  const masked = elementwise(graph, "Where", [allowed, scores, graph.number(-1e38, type)], type);
  const weights = graph.node("Softmax", [masked], t.typed(), { axis: -1 });
  return elementwise(graph, "Where", [allowed, weights, graph.number(0, type)], type);
};

/** Which scores count. */
function allowedBy(t: Translation): Value {
  const kept = t.each<NDArray | "notLater">("allowed");
  if (kept[0] === "notLater") return notLater(t);
  const arrays = kept as NDArray[];
  if (equalArrays(arrays)) return t.graph.constant(arrays[0]!);
  const shapes = arrays.map(({ shape }) => shape);
  for (const traced of t.earlier("bool")) {
    if (matches(arrays, (k) => traced.arrays[k]!.toTypedArray())) return t.graph.reshape(t.valueOf(traced), shapes);
    if (matches(arrays, (k) => withoutLater(traced.arrays[k]!, arrays[k]!))) {
      return elementwise(t.graph, "And", [t.valueOf(traced), notLater(t)], "bool");
    }
  }
  for (const traced of t.earlier(t.type())) {
    const finite = (k: number) => traced.arrays[k]!.toTypedArray().map((value) => Number(value !== -Infinity));
    if (matches(arrays, finite)) return t.graph.reshape(isFinite(t, t.valueOf(traced)), shapes);
  }
  return t.kept(arrays, "the scores that count");
}

function isFinite(t: Translation, mask: Value): Value {
  const forbidden = elementwise(t.graph, "Equal", [mask, t.graph.number(-Infinity, t.type())], "bool");
  return elementwise(t.graph, "Not", [forbidden], "bool");
}

/** Whether arrays that are not the same in all traces have these elements. */
function matches(arrays: readonly NDArray[], elements: (k: number) => ArrayLike<number>): boolean {
  return arrays.every((array, k) => {
    const [own, other] = [array.toTypedArray(), elements(k)];
    return own.length === other.length && own.every((value, i) => Number(value) === Number(other[i]));
  });
}

/** A mask with what is later than the query taken away, in the shape of `like`. */
function withoutLater(mask: NDArray, like: NDArray): ArrayLike<number> {
  const [Tq, Tk] = [like.shape.at(-2), like.shape.at(-1)];
  const rank = like.ndim - mask.ndim;
  if (Tq === undefined || Tk === undefined || rank < 0) return [];
  const fits = mask.shape.every((n, i) => n === 1 || n === like.shape[i + rank]);
  if (!fits) return [];
  const values = mask.broadcastTo(like.shape).toTypedArray();
  return values.map((value, i) => (i % Tk <= (Math.floor(i / Tk) % Tq) + Tk - Tq ? Number(value) : 0));
}

/** (Tq, Tk), true where the key is not later than the query when the last of both belong together. */
function notLater(t: Translation): Value {
  const { graph } = t;
  const shapes = t.shapes();
  const length = (from: number) => graph.squeeze(graph.length(shapes.map((shape) => shape.at(from)!)), [0]);
  const [Tq, Tk] = [length(-2), length(-1)];
  const range = (start: Value, from: number) => {
    const lengths = shapes.map((shape) => [shape.at(from)!]);
    return graph.node("Range", [start, Tk, graph.integers(1)], { type: "int64", shapes: lengths });
  };
  const first = graph.node("Sub", [Tk, Tq], { type: "int64", shapes: graph.everywhere([]) });
  const queries = graph.unsqueeze(range(first, -2), [1]);
  const positions = [range(graph.integers(0), -1), queries];
  return elementwise(graph, "LessOrEqual", positions, "bool");
}
