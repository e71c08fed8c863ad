import { bytesOf, type DType, isFloat } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";
import { jsKernels } from "../js.js";
import type { BinaryOp, CompareOp, UnaryOp } from "../kernels.js";
import { eachPosition, elementStrides, plan, type Walk } from "../walk.js";
import { SUFFIX, type WasmFunction, wasm, wasmFunction } from "./instance.js";

/** `Kernels.unary`. */
export function unary(op: UnaryOp, x: NDArray, out: NDArray): void {
  if (!isFloat(out.dtype) || !x.contiguous) jsKernels.unary(op, x, out);
  else wasmFunction(op, out.dtype)(x.address, out.address, out.size);
}

/** `Kernels.binary`. */
export function binary(op: BinaryOp, a: NDArray, b: NDArray, out: NDArray): void {
  const { dtype } = out;
  const known = isFloat(dtype) || (dtype === "int32" && op !== "div" && op !== "pow");
  const simpler = op === "pow" ? knownPower(a, b, out) : undefined;
  if (simpler !== undefined) unary(simpler, a, out);
  else if (known && out.contiguous) combine(wasmFunction(op, dtype), a, b, out);
  else jsKernels.binary(op, a, b, out);
}

/** What raising to the power `b` is, if that is one of the commonest numbers: the general power takes a hundred times as long. */
function knownPower(a: NDArray, b: NDArray, out: NDArray): UnaryOp | undefined {
  if (!isFloat(out.dtype) || b.size !== 1 || a.size !== out.size || !a.contiguous) return undefined;
  const exponent = elementsOf(b.dtype)[firstIndex(b)];
  if (exponent === 2) return "square";
  return exponent === -1 ? "reciprocal" : undefined;
}

/** `Kernels.compare`. */
export function compare(op: CompareOp, a: NDArray, b: NDArray, out: NDArray): void {
  const { dtype } = a;
  if (dtype === "bool") jsKernels.compare(op, a, b, out);
  else if (op === "greater") combine(wasmFunction("less", dtype), b, a, out);
  else if (op === "greaterEqual") combine(wasmFunction("lessEqual", dtype), b, a, out);
  else combine(wasmFunction(op, dtype), a, b, out);
}

/** Calls `run` for two axes at a time; whatever axes are left are passed over here. */
function combine(run: WasmFunction, a: NDArray, b: NDArray, out: NDArray): void {
  const n = out.size;
  if (a.contiguous && b.contiguous) {
    const sa = a.size === 1 ? 0 : 1;
    const sb = b.size === 1 ? 0 : 1;
    run(a.address, 0, sa, b.address, 0, sb, out.address, 1, n);
    return;
  }
  const { shape } = out;
  const walk = plan(shape, elementStrides(a), elementStrides(b), out.strides);
  const { inner, outer, last, before } = twoAxes(walk);
  const [sa, sb] = walk.steps;
  const [ao, ai, bo, bi] = [stepAt(sa, before), sa[last]!, stepAt(sb, before), sb[last]!];
  const bytes = bytesOf(a.dtype);
  const outBytes = bytesOf(out.dtype);
  eachPosition(walk, 2, (i, j, o) => {
    run(a.address + i * bytes, ao, ai, b.address + j * bytes, bo, bi, out.address + o * outBytes, outer, inner);
  });
}

/** The two innermost axes of a walk: their lengths (1 for one that is missing) and numbers. */
function twoAxes(walk: Walk): { inner: number; outer: number; last: number; before: number } {
  const last = walk.ndim - 1;
  const before = last - 1;
  return { inner: walk.lengths[last]!, outer: before < 0 ? 1 : walk.lengths[before]!, last, before };
}

const stepAt = (steps: readonly number[], axis: number): number => (axis < 0 ? 0 : steps[axis]!);

/** `Kernels.where`. */
export function where(condition: NDArray, a: NDArray, b: NDArray, out: NDArray): void {
  const bytes = bytesOf(out.dtype);
  const run = wasm()[`where_${bytes * 8}`]!;
  const { shape } = out;
  const walk = plan(shape, elementStrides(condition), elementStrides(a), elementStrides(b), out.strides);
  const { inner, outer, last, before } = twoAxes(walk);
  const [sc, sa, sb] = walk.steps;
  const [co, ci] = [stepAt(sc, before), sc[last]!];
  const [ao, ai, bo, bi] = [stepAt(sa, before), sa[last]!, stepAt(sb, before), sb[last]!];
  eachPosition(walk, 2, (c, i, j, o) => {
    const from = a.address + i * bytes;
    const other = b.address + j * bytes;
    run(condition.address + c, co, ci, from, ao, ai, other, bo, bi, out.address + o * bytes, outer, inner);
  });
}

const COPY_SUFFIX: Readonly<Record<DType, string>> = { float32: "32", float64: "64", int32: "32", bool: "8" };

/** `Kernels.copy`. */
export function copy(x: NDArray, out: NDArray): void {
  const same = x.dtype === out.dtype;
  const name = same ? `copy_${COPY_SUFFIX[x.dtype]}` : `${SUFFIX[x.dtype]}_to_${SUFFIX[out.dtype]}`;
  const run = wasm()[name]!;
  const walk = plan(out.shape, x.strides, out.strides);
  const { inner, outer, last, before } = twoAxes(walk);
  const [sx, so] = walk.steps;
  const [xo, xi, oo, oi] = [stepAt(sx, before), sx[last]!, stepAt(so, before), so[last]!];
  const bytes = bytesOf(x.dtype);
  const outBytes = bytesOf(out.dtype);
  eachPosition(walk, 2, (i, o) => {
    run(x.address + i * bytes, xo, xi, out.address + o * outBytes, oo, oi, outer, inner);
  });
}

/** `Kernels.fill`. */
export function fill(out: NDArray, value: number): void {
  if (isFloat(out.dtype)) wasmFunction("fill", out.dtype)(out.address, value, out.size);
  else jsKernels.fill(out, value);
}
