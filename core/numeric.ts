import * as kernels from "./backend/dispatch.js";
import type { ArgReduceOp, AxisView, BinaryOp, CompareOp, ReduceOp, UnaryOp, Window2D } from "./backend/kernels.js";
import { bytesOf, type DType, floatOf, isFloat, promote } from "./dtype.js";
import { ShapeError } from "./errors.js";
import { NDArray } from "./ndarray.js";
import {
  broadcastShapes,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  type Shape,
  sameShape,
  shapeText,
} from "./shape.js";

/*
 * Operations on NDArrays, as `Function.forward` uses them: they check and broadcast, choose the dtype of the result,
 * allocate it and call a kernel. None of them records a graph, and none changes its inputs.
 */

const INTEGER_UNARY = new Set<UnaryOp>(["neg", "abs", "sign", "square", "relu"]);

/** `op` of every element. int32 stays int32 where that makes sense (neg, abs, sign, square, relu); else it becomes float32. */
export function unary(op: UnaryOp, x: NDArray): NDArray {
  let source = x;
  if (!isFloat(x.dtype)) source = x.astype(x.dtype === "int32" && INTEGER_UNARY.has(op) ? "int32" : "float32");
  if (!source.contiguous) source = source.copy();
  const out = NDArray.emptyLike(source);
  kernels.unary(op, source, out);
  return out;
}

/** `a op b`, broadcast, in the wider dtype of the two; integers divide and are raised as float32, bools compute as int32. */
export function binary(op: BinaryOp, a: NDArray, b: NDArray): NDArray {
  let dtype = a.dtype;
  if (dtype !== b.dtype || !isFloat(dtype)) {
    dtype = promote(dtype, b.dtype);
    if (op === "div" || op === "pow") dtype = floatOf(dtype);
    else if (dtype === "bool") dtype = "int32";
    if (a.dtype !== dtype) a = a.astype(dtype);
    if (b.dtype !== dtype) b = b.astype(dtype);
  }
  if (sameShape(a.shape, b.shape) || (b.size === 1 && b.ndim <= a.ndim)) {
    const out = NDArray.emptyLike(a);
    kernels.binary(op, a, b, out);
    return out;
  }
  const out = NDArray.empty(broadcastShapes(op, a.shape, b.shape), dtype);
  kernels.binary(op, fitted(a, out.shape), fitted(b, out.shape), out);
  return out;
}

/** `a op b` as a bool array, broadcast; the operands are compared in the wider dtype of the two. */
export function compare(op: CompareOp, a: NDArray, b: NDArray): NDArray {
  const dtype = promote(a.dtype, b.dtype);
  const x = a.astype(dtype);
  const y = b.astype(dtype);
  const out = NDArray.empty(broadcastShapes(op, x.shape, y.shape), "bool");
  kernels.compare(op, fitted(x, out.shape), fitted(y, out.shape), out);
  return out;
}

/** `condition ? a : b`, broadcast, in the wider dtype of `a` and `b`. `condition` is bool. */
export function where(condition: NDArray, a: NDArray, b: NDArray): NDArray {
  const dtype = promote(a.dtype, b.dtype);
  const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", a.shape, b.shape));
  const x = a.astype(dtype).broadcastTo(shape);
  const y = b.astype(dtype).broadcastTo(shape);
  const out = NDArray.empty(shape, dtype);
  kernels.where(condition.broadcastTo(shape), x, y, out);
  return out;
}

/** An array of `shape` filled with `value`. */
export function filled(shape: Shape, value: number, dtype: DType): NDArray {
  const out = NDArray.empty(shape, dtype);
  kernels.fill(out, value);
  return out;
}

/**
 * The reduction `op` over `axes` (normalized, ascending). Bools and int32 are summed and multiplied as int32.
 * @throws ShapeError for max and min over no elements, which have no value to give.
 */
export function reduce(op: ReduceOp, x: NDArray, axes: readonly number[], keepdims: boolean): NDArray {
  let result = x.dtype === "bool" ? x.astype("int32") : x;
  const shape = reducedShape(x.shape, axes, keepdims);
  if (axes.length === 0) return result === x ? x.copy() : result;
  for (const [first, last] of runsDescending(axes)) {
    const view = axisView(result.shape, first, last);
    if (view.length === 0 && (op === "max" || op === "min")) {
      throw new ShapeError(`${op}: no elements to reduce in shape ${shapeText(x.shape)}; expected at least one`);
    }
    const source = result.asContiguous();
    const out = NDArray.empty([...result.shape.slice(0, first), ...result.shape.slice(last + 1)], result.dtype);
    kernels.reduce(op, source, view, out);
    result = out;
  }
  return result.reshape(shape);
}

/** Positions (int32) of the first extreme along `axis` (normalized). */
export function argReduce(op: ArgReduceOp, x: NDArray, axis: number, keepdims: boolean): NDArray {
  if (x.shape[axis] === 0) {
    throw new ShapeError(`${op}: no elements along axis ${axis} of shape ${shapeText(x.shape)}; expected at least one`);
  }
  const source = (x.dtype === "bool" ? x.astype("int32") : x).asContiguous();
  const out = NDArray.empty(reducedShape(x.shape, [axis], keepdims), "int32");
  kernels.argReduce(op, source, axisView(x.shape, axis, axis), out);
  return out;
}

/** Running sums along `axis` (normalized), from the end with `reverse`. */
export function cumsum(x: NDArray, axis: number, reverse: boolean): NDArray {
  const source = (x.dtype === "bool" ? x.astype("int32") : x).asContiguous();
  const out = NDArray.emptyLike(source);
  kernels.cumsum(source, axisView(x.shape, axis, axis), reverse, out);
  return out;
}

/** Softmax, or its logarithm, along `axis` (normalized). */
export function softmax(x: NDArray, axis: number, log: boolean): NDArray {
  const source = x.astype(floatOf(x.dtype)).asContiguous();
  const out = NDArray.emptyLike(source);
  const view = axisView(x.shape, axis, axis);
  if (log) kernels.logSoftmax(source, view, out);
  else kernels.softmax(source, view, out);
  return out;
}

/**
 * Softmax along the last axis of `x` (..., queries, keys) over the keys that are not later than the query when the last of both
 * belong together; 0 at the others.
 */
export function causalSoftmax(x: NDArray): NDArray {
  const source = x.asContiguous();
  const out = NDArray.emptyLike(source);
  if (out.size > 0) kernels.causalSoftmax(source, out);
  return out;
}

/** The gradient of softmax along `axis` (normalized), of that of its output and the output. */
export function softmaxGrad(gy: NDArray, y: NDArray, axis: number): NDArray {
  const gradient = gy.asContiguous();
  const output = y.asContiguous();
  const out = NDArray.emptyLike(output);
  kernels.softmaxGrad(gradient, output, axisView(y.shape, axis, axis), out);
  return out;
}

/** `x` summed down to `shape`, from which it could have been broadcast. */
export function sumTo(x: NDArray, shape: Shape): NDArray {
  if (sameShape(x.shape, shape)) return x;
  const extra = x.ndim - shape.length;
  if (extra < 0 || shape.some((n, i) => n !== 1 && n !== x.shape[i + extra])) {
    throw new ShapeError(
      `sumTo: ${shapeText(x.shape)} cannot be summed to ${shapeText(shape)}; expected a shape that broadcasts to ${shapeText(x.shape)}`,
    );
  }
  const axes = normalizeAxes("sumTo", null, x.ndim).filter(
    (i) => i < extra || (shape[i - extra] === 1 && x.shape[i] !== 1),
  );
  return reduce("sum", x, axes, true).reshape(shape);
}

/**
 * NumPy's `@` on operands of at least two axes: `(...batch, m, k) @ (...batch, k, n)`, batch axes broadcast.
 * bools multiply as int32.
 * @throws ShapeError when the inner dimensions differ or the batch axes do not broadcast.
 */
export function matmul(a: NDArray, b: NDArray): NDArray {
  let dtype = promote(a.dtype, b.dtype);
  if (dtype === "bool") dtype = "int32";
  checkInner(a, b);
  const k = a.shape[a.ndim - 1]!;
  const x = a.astype(dtype);
  const y = b.astype(dtype);
  const m = a.shape[a.ndim - 2]!;
  const n = b.shape[b.ndim - 1]!;
  if (a.ndim === 2 && b.ndim === 2) {
    const out = NDArray.empty([m, n], dtype);
    kernels.matmul(x, y, out);
    return out;
  }
  const batch = batchShape(a, b);
  const out = NDArray.empty([...batch, m, n], dtype);
  kernels.matmul(x.broadcastTo([...batch, m, k]), y.broadcastTo([...batch, k, n]), out);
  return out;
}

function checkInner(a: NDArray, b: NDArray): void {
  const k = a.shape[a.ndim - 1]!;
  if (b.shape[b.ndim - 2] === k) return;
  throw new ShapeError(
    `matmul: inner dimensions differ: ${shapeText(a.shape)} @ ${shapeText(b.shape)}; expected the second operand to have ${k} rows`,
  );
}

/** `x @ W + b` of two matrices and a row, which is added where the product lies. */
export function affine(x: NDArray, W: NDArray, b: NDArray): NDArray {
  const alike = isFloat(x.dtype) && x.dtype === W.dtype && x.dtype === b.dtype;
  if (!alike || x.ndim !== 2 || W.ndim !== 2 || b.size !== W.shape[1]) {
    return binary("add", matmul(x, W), b);
  }
  checkInner(x, W);
  const row = b.asContiguous();
  const out = NDArray.empty([x.shape[0]!, W.shape[1]!], x.dtype);
  kernels.matmul(x, W, out, row);
  return out;
}

/** Patches of an NHWC batch as rows: see `Kernels.im2col`. */
export function im2col(x: NDArray, window: Window2D): NDArray {
  const source = x.asContiguous();
  const { batch, outRows, outCols, kernelRows, kernelCols, channels } = window;
  const out = NDArray.empty([batch * outRows * outCols, kernelRows * kernelCols * channels], x.dtype);
  kernels.im2col(source, window, out);
  return out;
}

/** Patch rows added up into an NHWC batch: the adjoint of `im2col`. */
export function col2im(patches: NDArray, window: Window2D): NDArray {
  const source = patches.asContiguous();
  const out = NDArray.empty([window.batch, window.rows, window.cols, window.channels], patches.dtype);
  kernels.col2im(source, window, out);
  return out;
}

/** Window maxima of an NHWC batch and their flat positions in it (int32). */
export function maxPool(x: NDArray, window: Window2D): { values: NDArray; positions: NDArray } {
  const source = x.asContiguous();
  const values = NDArray.empty([window.batch, window.outRows, window.outCols, window.channels], x.dtype);
  const positions = NDArray.emptyLike(values, "int32");
  kernels.maxPool(source, window, values, positions);
  return { values, positions };
}

/** Window means of an NHWC batch, padding counted as 0. */
export function averagePool(x: NDArray, window: Window2D): NDArray {
  const source = x.asContiguous();
  const out = NDArray.empty([window.batch, window.outRows, window.outCols, window.channels], x.dtype);
  kernels.averagePool(source, window, out);
  return out;
}

/** The adjoint of `averagePool`. */
export function averagePoolGrad(gy: NDArray, window: Window2D): NDArray {
  const source = gy.asContiguous();
  const out = NDArray.empty([window.batch, window.rows, window.cols, window.channels], gy.dtype);
  kernels.averagePoolGrad(source, window, out);
  return out;
}

/** Rows of `x`, seen as (-1, width), picked by `rows` (int32, inside bounds), in an array of `shape`. */
export function takeRows(x: NDArray, rows: NDArray, width: number, shape: Shape): NDArray {
  const source = x.asContiguous();
  const picks = rows.asContiguous();
  const out = NDArray.empty(shape, x.dtype);
  kernels.takeRows(source, picks, width, out);
  return out;
}

/** Zeros of `shape`, seen as (-1, width), to whose rows those of `x` are added: the adjoint of `takeRows`. */
export function addRows(x: NDArray, rows: NDArray, width: number, shape: Shape): NDArray {
  const source = x.asContiguous();
  const picks = rows.asContiguous();
  const out = filled(shape, 0, x.dtype);
  kernels.addRows(source, picks, width, out);
  return out;
}

/** `x` joined with the others along `axis`: equal dtypes, and shapes that differ only there. Used by cat, stack and pad. */
export function concatenate(xs: readonly NDArray[], axis: number): NDArray {
  const first = xs[0]!;
  const shape = [...first.shape];
  const at = normalizeAxis("cat", axis, first.ndim);
  shape[at] = xs.reduce((sum, x) => sum + x.shape[at]!, 0);
  const out = NDArray.empty(shape, first.dtype);
  let from = 0;
  for (const x of xs) {
    kernels.copy(x, span(out, at, from, x.shape[at]!));
    from += x.shape[at]!;
  }
  return out;
}

/** The view of `length` elements of `x` from `from` on along `axis`. The caller answers for the bounds. */
export function span(x: NDArray, axis: number, from: number, length: number): NDArray {
  const shape = [...x.shape];
  shape[axis] = length;
  return x.view(x.address + from * x.strides[axis]! * bytesOf(x.dtype), shape, x.strides);
}

function batchShape(a: NDArray, b: NDArray): Shape {
  const [left, right] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  if (sameShape(left, right)) return left;
  return broadcastShapes(`matmul: the batch axes of ${shapeText(a.shape)} @ ${shapeText(b.shape)}`, left, right);
}

function fitted(x: NDArray, shape: Shape): NDArray {
  return x.size === 1 ? x : x.broadcastTo(shape);
}

function axisView(shape: Shape, first: number, last: number): AxisView {
  let outer = 1;
  let length = 1;
  let inner = 1;
  for (let i = 0; i < shape.length; i++) {
    if (i < first) outer *= shape[i]!;
    else if (i <= last) length *= shape[i]!;
    else inner *= shape[i]!;
  }
  return { outer, length, inner };
}

/** Runs of neighbouring axes, last run first, so that reducing one leaves the numbers of those to come as they are. */
function runsDescending(axes: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (let i = axes.length - 1; i >= 0; i--) {
    const run = runs[runs.length - 1];
    if (run !== undefined && run[0] === axes[i]! + 1) run[0] = axes[i]!;
    else runs.push([axes[i]!, axes[i]!]);
  }
  return runs;
}
