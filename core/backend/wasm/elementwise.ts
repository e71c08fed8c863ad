import { bytesOf, type DType, isFloat } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";
import * as jsCopy from "../js/copy.js";
import * as js from "../js/elementwise.js";
import type { BinaryOp, CompareOp, UnaryOp } from "../kernels.js";
import { apart, partCount } from "../parallel.js";
import { eachPosition, elementStrides, plan, type Walk } from "../walk.js";
import { SUFFIX } from "./kernel-module.js";
import { base } from "./modules.js";
import { share } from "./share.js";

/** Elements of a part are a multiple of this, whole cache lines of any dtype, so that no two threads write to one. */
const LINE = 64;

/** About how many times an addition the others take, in float32; those of float64 have no vector form and take more. */
const COST: Readonly<Partial<Record<UnaryOp, number>>> = {
  sqrt: 2,
  rsqrt: 3,
  reciprocal: 2,
  exp: 5,
  expm1: 10,
  log: 9,
  log1p: 14,
  sin: 16,
  cos: 16,
  tan: 80,
  asin: 80,
  acos: 80,
  atan: 80,
  sinh: 80,
  cosh: 80,
  tanh: 13,
  erf: 22,
  sigmoid: 9,
  softplus: 20,
};

/** `Kernels.unary`. */
export function unary(op: UnaryOp, x: NDArray, out: NDArray): void {
  const { dtype, size } = out;
  if (!isFloat(dtype) || !x.contiguous) {
    js.unary(op, x, out);
    return;
  }
  const parts = partCount(size, COST[op] ?? 1);
  if (parts === 1) {
    base.of(op, dtype)(x.address, out.address, size);
    return;
  }
  const bytes = bytesOf(dtype);
  share(base, `${op}_${SUFFIX[dtype]}`, size, parts, LINE, apart([out], x), (from, to) => [
    x.address + from * bytes,
    out.address + from * bytes,
    to - from,
  ]);
}

const INTEGER_BINARY = new Set<BinaryOp>(["add", "sub", "mul", "maximum", "minimum"]);

/** `Kernels.binary`. */
export function binary(op: BinaryOp, a: NDArray, b: NDArray, out: NDArray): void {
  const { dtype } = out;
  const known = isFloat(dtype) || (dtype === "int32" && INTEGER_BINARY.has(op));
  const simpler = op === "pow" ? knownPower(a, b, out) : undefined;
  if (simpler !== undefined) unary(simpler, a, out);
  else if (known && out.contiguous) combine(op, dtype, a, b, out, op === "pow" ? 80 : 1);
  else js.binary(op, a, b, out);
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
  if (dtype === "bool") js.compare(op, a, b, out);
  else if (op === "greater") combine("less", dtype, b, a, out, 1);
  else if (op === "greaterEqual") combine("lessEqual", dtype, b, a, out, 1);
  else combine(op, dtype, a, b, out, 1);
}

/** Calls the function `name` for two axes at a time; whatever axes are left are passed over here. */
function combine(name: string, dtype: DType, a: NDArray, b: NDArray, out: NDArray, cost: number): void {
  const run = base.of(name, dtype);
  const n = out.size;
  const bytes = bytesOf(dtype);
  const outBytes = bytesOf(out.dtype);
  const parts = partCount(n, cost);
  if (a.contiguous && b.contiguous) {
    const sa = a.size === 1 ? 0 : 1;
    const sb = b.size === 1 ? 0 : 1;
    if (parts === 1) {
      run(a.address, 0, sa, b.address, 0, sb, out.address, 1, n);
      return;
    }
    share(base, `${name}_${SUFFIX[dtype]}`, n, parts, LINE, apart([out], a, b), (from, to) => {
      const at = from * bytes;
      return [a.address + at * sa, 0, sa, b.address + at * sb, 0, sb, out.address + from * outBytes, 1, to - from];
    });
    return;
  }
  const { shape } = out;
  const walk = plan(shape, elementStrides(a), elementStrides(b), out.strides);
  const { inner, outer, last, before } = twoAxes(walk);
  const [sa, sb] = walk.steps;
  const [ao, ai, bo, bi] = [stepAt(sa, before), sa[last]!, stepAt(sb, before), sb[last]!];
  if (parts > 1 && outer >= parts && walk.ndim === 2) {
    share(base, `${name}_${SUFFIX[dtype]}`, outer, parts, 1, apart([out], a, b), (from, to) => {
      const [x, y] = [a.address + from * ao * bytes, b.address + from * bo * bytes];
      return [x, ao, ai, y, bo, bi, out.address + from * inner * outBytes, to - from, inner];
    });
    return;
  }
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
  const name = `where_${bytes * 8}`;
  const run = base.functions[name]!;
  const { shape } = out;
  const walk = plan(shape, elementStrides(condition), elementStrides(a), elementStrides(b), out.strides);
  const { inner, outer, last, before } = twoAxes(walk);
  const [sc, sa, sb] = walk.steps;
  const [co, ci] = [stepAt(sc, before), sc[last]!];
  const [ao, ai, bo, bi] = [stepAt(sa, before), sa[last]!, stepAt(sb, before), sb[last]!];
  const parts = walk.ndim > 2 ? 1 : partCount(out.size, 2);
  if (parts > 1 && (outer === 1 || outer >= parts)) {
    const flat = outer === 1;
    share(base, name, flat ? inner : outer, parts, flat ? LINE : 1, apart([out], condition, a, b), (from, to) => {
      const c = condition.address + from * (flat ? ci : co);
      const x = a.address + from * (flat ? ai : ao) * bytes;
      const y = b.address + from * (flat ? bi : bo) * bytes;
      const o = out.address + from * (flat ? 1 : inner) * bytes;
      return [c, co, ci, x, ao, ai, y, bo, bi, o, flat ? 1 : to - from, flat ? to - from : inner];
    });
    return;
  }
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
  const run = base.functions[name]!;
  const walk = plan(out.shape, x.strides, out.strides);
  const { inner, outer, last, before } = twoAxes(walk);
  const [sx, so] = walk.steps;
  const [xo, xi, oo, oi] = [stepAt(sx, before), sx[last]!, stepAt(so, before), so[last]!];
  const bytes = bytesOf(x.dtype);
  const outBytes = bytesOf(out.dtype);
  const parts = walk.ndim > 2 ? 1 : partCount(out.size, 1);
  if (parts > 1 && (outer === 1 || outer >= parts)) {
    const flat = outer === 1;
    share(base, name, flat ? inner : outer, parts, flat ? LINE : 4, apart([out], x), (from, to) => {
      const source = x.address + from * (flat ? xi : xo) * bytes;
      const target = out.address + from * (flat ? oi : oo) * outBytes;
      return flat
        ? [source, xo, xi, target, oo, oi, outer, to - from]
        : [source, xo, xi, target, oo, oi, to - from, inner];
    });
    return;
  }
  eachPosition(walk, 2, (i, o) => {
    run(x.address + i * bytes, xo, xi, out.address + o * outBytes, oo, oi, outer, inner);
  });
}

/** `Kernels.fill`. */
export function fill(out: NDArray, value: number): void {
  const { dtype, size } = out;
  if (!isFloat(dtype)) {
    jsCopy.fill(out, value);
    return;
  }
  const parts = partCount(size, 0.5);
  if (parts === 1) {
    base.of("fill", dtype)(out.address, value, size);
    return;
  }
  const bytes = bytesOf(dtype);
  share(base, `fill_${SUFFIX[dtype]}`, size, parts, LINE, true, (from, to) => [
    out.address + from * bytes,
    value,
    to - from,
  ]);
}
