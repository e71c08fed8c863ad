import { heap } from "../../heap.js";
import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";
import type { BinaryOp, CompareOp, UnaryOp } from "../kernels.js";
import { eachPosition, elementStrides, plan } from "../walk.js";
import { erf, pow, roundHalfEven, sigmoid, softplus } from "./special.js";

const UNARY: Record<UnaryOp, (x: number) => number> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  square: (x) => x * x,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  erf,
  sigmoid,
  softplus,
  // biome-ignore lint/complexity/useMathMinMax: -0 stays what it is, as in the other kernels
  relu: (x) => (x < 0 ? 0 : x),
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
};

const COMPARE: Record<CompareOp, (a: number, b: number) => boolean> = {
  equal: (a, b) => a === b,
  notEqual: (a, b) => a !== b,
  less: (a, b) => a < b,
  lessEqual: (a, b) => a <= b,
  greater: (a, b) => a > b,
  greaterEqual: (a, b) => a >= b,
};

/** `Kernels.unary`. */
export function unary(op: UnaryOp, x: NDArray, out: NDArray): void {
  const n = out.size;
  if (x.contiguous && op === "neg" && out.dtype === "float32") {
    const f = heap.f32;
    const i = x.address >>> 2;
    const o = out.address >>> 2;
    for (let k = 0; k < n; k++) f[o + k] = -f[i + k]!;
    return;
  }
  if (x.contiguous && op === "neg" && out.dtype === "float64") {
    const f = heap.f64;
    const i = x.address >>> 3;
    const o = out.address >>> 3;
    for (let k = 0; k < n; k++) f[o + k] = -f[i + k]!;
    return;
  }
  const apply = op === "square" && out.dtype === "int32" ? (v: number) => Math.imul(v, v) : UNARY[op];
  const elements = elementsOf(out.dtype);
  const from = firstIndex(x);
  const to = firstIndex(out);
  const walk = plan(out.shape, x.strides, out.strides);
  const inner = walk.ndim - 1;
  const length = walk.lengths[inner]!;
  const si = walk.steps[0][inner]!;
  const so = walk.steps[1][inner]!;
  eachPosition(walk, 1, (i, o) => {
    for (let k = 0; k < length; k++) elements[to + o + k * so] = apply(elements[from + i + k * si]!);
  });
}

/** `Kernels.binary`. */
export function binary(op: BinaryOp, a: NDArray, b: NDArray, out: NDArray): void {
  const n = out.size;
  if (out.contiguous && (a.contiguous || n === 0) && (b.contiguous || n === 0)) {
    // Contiguous operands have the size of the output or one element; a chain of tiny operations ends here.
    const sa = a.size === 1 ? 0 : 1;
    const sb = b.size === 1 ? 0 : 1;
    if (out.dtype === "float32") {
      binaryRow32(op, heap.f32, a.address >>> 2, sa, b.address >>> 2, sb, out.address >>> 2, 1, n);
      return;
    }
    if (out.dtype === "float64") {
      binaryRow64(op, heap.f64, a.address >>> 3, sa, b.address >>> 3, sb, out.address >>> 3, 1, n);
      return;
    }
  }
  binaryStrided(op, a, b, out);
}

function binaryStrided(op: BinaryOp, a: NDArray, b: NDArray, out: NDArray): void {
  const { shape, dtype } = out;
  const ia = firstIndex(a);
  const ib = firstIndex(b);
  const io = firstIndex(out);
  const walk = plan(shape, elementStrides(a), elementStrides(b), out.strides);
  const inner = walk.ndim - 1;
  const n = walk.lengths[inner]!;
  const sa = walk.steps[0][inner]!;
  const sb = walk.steps[1][inner]!;
  const so = walk.steps[2][inner]!;
  if (dtype === "float32") {
    const f = heap.f32;
    eachPosition(walk, 1, (i, j, o) => binaryRow32(op, f, ia + i, sa, ib + j, sb, io + o, so, n));
  } else if (dtype === "float64") {
    const f = heap.f64;
    eachPosition(walk, 1, (i, j, o) => binaryRow64(op, f, ia + i, sa, ib + j, sb, io + o, so, n));
  } else {
    const elements = elementsOf(dtype);
    const apply = integerBinary(op, dtype === "bool");
    eachPosition(walk, 1, (i, j, o) => {
      for (let k = 0; k < n; k++) {
        elements[io + o + k * so] = apply(elements[ia + i + k * sa]!, elements[ib + j + k * sb]!);
      }
    });
  }
}

/** Integers wrap around; sums of bools are "or", products "and", differences "exclusive or", as in NumPy where it has them. */
function integerBinary(op: BinaryOp, bool: boolean): (a: number, b: number) => number {
  switch (op) {
    case "add":
      return bool ? (a, b) => a | b : (a, b) => a + b;
    case "sub":
      return bool ? (a, b) => a ^ b : (a, b) => a - b;
    case "mul":
      return Math.imul;
    case "maximum":
      return Math.max;
    case "minimum":
      return Math.min;
    default:
      return op === "div" ? (a, b) => a / b : pow;
  }
}

/*
 * One loop per operation and dtype: a call per element, or one loop that sees views of two dtypes, costs several times
 * the arithmetic. Each reads from `i` in steps of `si` and from `j` in steps of `sj`, and writes from `o` in steps of `so`.
 */

function binaryRow32(
  op: BinaryOp,
  f: Float32Array,
  i: number,
  si: number,
  j: number,
  sj: number,
  o: number,
  so: number,
  n: number,
): void {
  switch (op) {
    case "add":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! + f[j]!;
      return;
    case "sub":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! - f[j]!;
      return;
    case "mul":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! * f[j]!;
      return;
    case "div":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! / f[j]!;
      return;
    case "maximum":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = Math.max(f[i]!, f[j]!);
      return;
    case "minimum":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = Math.min(f[i]!, f[j]!);
      return;
    case "reluGrad":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[j]! <= 0 ? 0 : f[i]!;
      return;
    case "tanhGrad":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! * ((1 - f[j]!) * (1 + f[j]!));
      return;
    case "sigmoidGrad":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! * (f[j]! * (1 - f[j]!));
      return;
    default:
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = pow(f[i]!, f[j]!);
  }
}

function binaryRow64(
  op: BinaryOp,
  f: Float64Array,
  i: number,
  si: number,
  j: number,
  sj: number,
  o: number,
  so: number,
  n: number,
): void {
  switch (op) {
    case "add":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! + f[j]!;
      return;
    case "sub":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! - f[j]!;
      return;
    case "mul":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! * f[j]!;
      return;
    case "div":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! / f[j]!;
      return;
    case "maximum":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = Math.max(f[i]!, f[j]!);
      return;
    case "minimum":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = Math.min(f[i]!, f[j]!);
      return;
    case "reluGrad":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[j]! <= 0 ? 0 : f[i]!;
      return;
    case "tanhGrad":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! * ((1 - f[j]!) * (1 + f[j]!));
      return;
    case "sigmoidGrad":
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = f[i]! * (f[j]! * (1 - f[j]!));
      return;
    default:
      for (; n > 0; n--, i += si, j += sj, o += so) f[o] = pow(f[i]!, f[j]!);
  }
}

/** `Kernels.compare`. */
export function compare(op: CompareOp, a: NDArray, b: NDArray, out: NDArray): void {
  const { shape } = out;
  const apply = COMPARE[op];
  const elements = elementsOf(a.dtype);
  const results = heap.u8;
  const ia = firstIndex(a);
  const ib = firstIndex(b);
  const io = firstIndex(out);
  const walk = plan(shape, elementStrides(a), elementStrides(b), out.strides);
  const inner = walk.ndim - 1;
  const n = walk.lengths[inner]!;
  const sa = walk.steps[0][inner]!;
  const sb = walk.steps[1][inner]!;
  const so = walk.steps[2][inner]!;
  eachPosition(walk, 1, (i, j, o) => {
    for (let k = 0; k < n; k++) {
      results[io + o + k * so] = apply(elements[ia + i + k * sa]!, elements[ib + j + k * sb]!) ? 1 : 0;
    }
  });
}

/** `Kernels.where`. */
export function where(condition: NDArray, a: NDArray, b: NDArray, out: NDArray): void {
  const { shape } = out;
  const flags = heap.u8;
  const elements = elementsOf(out.dtype);
  const ic = firstIndex(condition);
  const ia = firstIndex(a);
  const ib = firstIndex(b);
  const io = firstIndex(out);
  const walk = plan(shape, elementStrides(condition), elementStrides(a), elementStrides(b), out.strides);
  const inner = walk.ndim - 1;
  const n = walk.lengths[inner]!;
  const [sc, sa, sb, so] = walk.steps.map((steps) => steps[inner]!) as [number, number, number, number];
  eachPosition(walk, 1, (c, i, j, o) => {
    for (let k = 0; k < n; k++) {
      elements[io + o + k * so] =
        flags[ic + c + k * sc] !== 0 ? elements[ia + i + k * sa]! : elements[ib + j + k * sb]!;
    }
  });
}
