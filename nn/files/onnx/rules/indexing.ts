import { array, zeros } from "../../../../core/creation.js";
import { bytesOf } from "../../../../core/dtype.js";
import { GraphError } from "../../../../core/errors.js";
import type { Selection } from "../../../../core/indexing.js";
import type { NDArray } from "../../../../core/ndarray.js";
import { type Shape, sizeOf, stridesOf } from "../../../../core/shape.js";
import { equalArrays } from "../program.js";
import { isConstant } from "../sizes.js";
import type { Rule, Translation } from "../translation.js";
import type { Value } from "../value.js";
import { reduced } from "./reduce.js";
import { constantLength, slice, TO_THE_END } from "./shape.js";

/** What an index takes: a range or a position of each axis, or whole rows by their numbers. */
export const getItem: Rule = (t) => {
  const selections = t.each<Selection>("selection");
  return selections[0]!.picked === undefined ? ranges(t, selections) : rows(t, selections);
};

/** What an index takes of one axis: from where, how far apart, and to which axis of the result (none for a position). */
interface Range {
  first: number;
  step: number;
  to: number | null;
}

/** Views are known by where they begin and how far apart their elements lie, asked for one axis at a time. */
function rangesOf(selection: Selection, shape: Shape): Range[] {
  const memory = zeros([1], { dtype: "int32" });
  return shape.map((_, axis) => {
    const probe = memory.view(
      memory.address,
      shape,
      shape.map((__, i) => (i === axis ? 1 : 0)),
    );
    const view = selection.take(probe);
    const to = view.strides.findIndex((stride) => stride !== 0);
    return {
      first: (view.address - probe.address) / bytesOf("int32"),
      step: to < 0 ? 1 : view.strides[to]!,
      to: to < 0 ? null : to,
    };
  });
}

function ranges(t: Translation, selections: readonly Selection[]): Value {
  const { graph } = t;
  let y = t.input(0);
  const found = selections.map((selection, k) => rangesOf(selection, y.shapes[k]!));
  const positions: number[] = [];
  for (const [axis, { to, step }] of found[0]!.entries()) {
    const lengths = graph.lengthsOf(y)[axis]!;
    const firsts = found.map((all) => all[axis]!.first);
    const taken = to === null ? firsts.map(() => 1) : t.shapes().map((shape) => shape[to]!);
    if (found.some((all) => all[axis]!.step !== step))
      throw new GraphError("its step depends on the lengths of the inputs");
    if (to === null) positions.push(axis);
    else if (step === 1 && taken.every((n, k) => n === lengths[k] && firsts[k] === 0)) continue;
    const start = place(firsts, lengths);
    const ends = firsts.map((first, k) => first + (taken[k]! - 1) * step + Math.sign(step));
    const reachesEnd =
      step > 0 ? ends.every((end, k) => end + step > lengths[k]!) : ends.every((end) => end + step < -1);
    const stop = reachesEnd ? Math.sign(step) * TO_THE_END : place(ends, lengths);
    y = slice(graph, y, axis, [start, stop, step], taken);
  }
  return graph.reshape(graph.squeeze(y, positions), t.shapes());
}

/** A position on an axis, counted from its front or its end. */
function place(positions: readonly number[], lengths: readonly number[]): number {
  if (isConstant(positions)) return positions[0]!;
  const fromEnd = positions.map((position, k) => position - lengths[k]!);
  if (isConstant(fromEnd)) return fromEnd[0]!;
  throw new GraphError(
    "a position in its index depends on the lengths or the values of the inputs; expected one counted from the front or the end",
  );
}

/** Rows by their numbers, which are constant, or those of the inputs. */
function rows(t: Translation, selections: readonly Selection[]): Value {
  const numbers = selections.map(({ picked }) => picked!.rows);
  const width = constantLength(selections.map(({ picked }) => picked!.width));
  const counts = t.input(0).shapes.map((shape) => sizeOf(shape) / width);
  const known = equalArrays(numbers) ? t.graph.constant(numbers[0]!) : t.tracedAs(numbers, counts);
  if (known !== null) return takeRows(t, t.graph.reshape(known, shapesOf(numbers)), width);
  const found = ofEachExample(t, numbers, width) ?? alongAxis(t, numbers, width) ?? ofOwnExample(t, numbers, width);
  if (found !== null) return found;
  throw new GraphError(
    "the positions that it takes come from the inputs by a way that is no function (a mask, or indices that were computed on arrays)",
  );
}

function shapesOf(arrays: readonly NDArray[]): Shape[] {
  return arrays.map(({ shape }) => shape);
}

function takeRows(t: Translation, ids: Value, width: number): Value {
  const { graph } = t;
  const x = t.input(0);
  const whole = x.shapes.every((shape) => shape.length > 0 && sizeOf(shape.slice(1)) === width);
  const table = whole
    ? x
    : graph.reshape(
        x,
        x.shapes.map((shape): Shape => [sizeOf(shape) / width, width]),
      );
  const rest = table.shapes[0]!.slice(1);
  const shapes = ids.shapes.map((shape): Shape => [...shape, ...rest]);
  return graph.reshape(graph.node("Gather", [table, ids], { type: x.type, shapes }, { axis: 0 }), t.shapes());
}

/** The same rows of each example of a batch. */
function ofEachExample(t: Translation, numbers: readonly NDArray[], width: number): Value | null {
  const { graph } = t;
  const x = t.input(0);
  const own = numbers.map((rows, k): NDArray | null => {
    const shape = x.shapes[k]!;
    if (rows.ndim === 0 || shape.length === 0 || rows.shape[0] !== shape[0]) return null;
    const each = sizeOf(shape.slice(1)) / width;
    const values = rows.toTypedArray();
    const count = rows.size / rows.shape[0]!;
    const repeats = values.every((value, i) => value === values[i % count]! + Math.floor(i / count) * each);
    return repeats ? rows.slice(0) : null;
  });
  if (own.some((rows) => rows === null) || !equalArrays(own as NDArray[])) return null;
  const tables = graph.reshape(
    x,
    x.shapes.map((shape): Shape => [shape[0]!, sizeOf(shape.slice(1)) / width, width]),
  );
  const ids = graph.constant(own[0]!);
  const shapes = tables.shapes.map(([n]): Shape => [n!, ...own[0]!.shape, width]);
  return graph.reshape(graph.node("Gather", [tables, ids], { type: x.type, shapes }, { axis: 1 }), t.shapes());
}

/** The position along each axis of x that each number of a row stands for. */
function coordinates(rows: NDArray, shape: Shape): Int32Array[] {
  const values = rows.toTypedArray();
  const strides = stridesOf(shape);
  return shape.map((n, axis) => Int32Array.from(values, (value) => Math.floor(value / strides[axis]!) % n));
}

/** Positions along one axis, as `takeAlongAxis` takes them. */
function alongAxis(t: Translation, numbers: readonly NDArray[], width: number): Value | null {
  const x = t.input(0);
  const rank = x.shapes[0]!.length;
  if (width !== 1 || numbers[0]!.ndim !== rank) return null;
  const found = numbers.map((rows, k) => coordinates(rows, x.shapes[k]!));
  const others = found.map((all, k) => {
    const strides = stridesOf(numbers[k]!.shape);
    const isOwn = (axis: number) =>
      all[axis]!.every((value, i) => value === Math.floor(i / strides[axis]!) % numbers[k]!.shape[axis]!);
    return [...all.keys()].filter((axis) => !isOwn(axis));
  });
  const axis = others.find((axes) => axes.length === 1)?.[0];
  if (axis === undefined || others.some((axes) => axes.some((other) => other !== axis))) return null;
  const ids = found.map((all, k) => array(all[axis]!).reshape([...numbers[k]!.shape]));
  const indices = equalArrays(ids) ? t.graph.constant(ids[0]!) : t.tracedAs(ids, t.graph.lengthsOf(x)[axis]!);
  if (indices === null) return null;
  return t.graph.node("GatherElements", [x, t.graph.reshape(indices, shapesOf(ids))], t.typed(), { axis });
}

/** One position of each example of a batch: `x[arange(n), ids]`. */
function ofOwnExample(t: Translation, numbers: readonly NDArray[], width: number): Value | null {
  const { graph } = t;
  const x = t.input(0);
  const ids = numbers.map((rows, k): NDArray | null => {
    const [n, m, ...rest] = x.shapes[k]!;
    if (rows.ndim !== 1 || rows.size !== n || sizeOf(rest) !== width) return null;
    const values = rows.toTypedArray();
    if (!values.every((value, i) => Math.floor(value / m!) === i)) return null;
    return array(Int32Array.from(values, (value) => value % m!));
  });
  const positions = ids.some((found) => found === null) ? null : t.tracedAs(ids as NDArray[]);
  if (positions === null) return null;
  const wide = graph.node("Cast", [positions], { type: "int64", shapes: positions.shapes }, { to: 7 });
  return graph.node("GatherND", [x, graph.unsqueeze(wide, [1])], t.typed(), { batch_dims: 1 });
}

/** Sums of the rows that go to each segment. */
export const segmentSum: Rule = (t) => {
  const { graph } = t;
  const arrays = t.each<NDArray>("ids");
  const x = graph.cast(t.input(0), t.type());
  const bag = bagLength(
    arrays,
    t.shapes().map(([n]) => n!),
  );
  if (!equalArrays(arrays) && bag !== null) {
    const bags = graph.reshape(
      x,
      x.shapes.map(([m, ...rest]): Shape => [m! / bag, bag, ...rest]),
    );
    return reduced(t, "ReduceSum", bags, [1], false);
  }
  const ids = t.kept(arrays, "the segments");
  const wide = graph.node("Cast", [ids], { type: "int64", shapes: ids.shapes }, { to: 7 });
  const empty = graph.expand(graph.number(0, t.type()), t.shapes());
  return graph.node("ScatterND", [empty, graph.unsqueeze(wide, [1]), x], t.typed(), { reduction: "add" });
};

/** How many neighbouring rows go to each segment, if it is the same number for all: 0, 0, 1, 1, 2, 2. */
function bagLength(ids: readonly NDArray[], counts: readonly number[]): number | null {
  const length = ids[0]!.size / counts[0]!;
  const isRepeated = (array: NDArray, k: number) =>
    array.size === length * counts[k]! && array.toTypedArray().every((id, i) => id === Math.floor(i / length));
  return Number.isInteger(length) && length > 0 && ids.every(isRepeated) ? length : null;
}
