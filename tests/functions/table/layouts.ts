import { array } from "../../../core/creation.js";
import { bytesOf } from "../../../core/dtype.js";
import type { NDArray } from "../../../core/ndarray.js";
import { sizeOf, stridesOf } from "../../../core/shape.js";
import type { Layout } from "./run.js";

/** Fills the gaps of stepped storage: a kernel that reads it gives itself away. */
const GAP = 77;

/** Copies of an array that are equal to it but lie otherwise in memory. */
export const layouts: readonly [name: string, layout: Layout][] = [
  ["transposed storage", (x) => x.transpose().copy().transpose()],
  ["stepped slices", stepped],
  ["negative strides", reversed],
];

/** Every other element along each axis, the first of them not at the beginning of the storage. */
function stepped(x: NDArray): NDArray {
  const shape = x.shape.map((n) => 2 * n + 1);
  const strides = stridesOf(shape);
  const first = strides.reduce((a, b) => a + b, 0) + (x.ndim === 0 ? 1 : 0);
  const storage = new Array<number>(sizeOf(shape) + 1).fill(x.dtype === "bool" ? 1 : GAP);
  const steps = strides.map((s) => 2 * s);
  scatter(x, storage, first, steps);
  const base = array(storage, { dtype: x.dtype });
  return base.view(base.address + first * bytesOf(x.dtype), x.shape, steps);
}

/** All axes backwards. */
function reversed(x: NDArray): NDArray {
  const strides = stridesOf(x.shape).map((s) => -s);
  const first = Math.max(x.size - 1, 0);
  const storage = new Array<number>(x.size).fill(0);
  scatter(x, storage, first, strides);
  const base = array(storage, { dtype: x.dtype });
  return base.view(base.address + first * bytesOf(x.dtype), x.shape, strides);
}

function scatter(x: NDArray, storage: number[], first: number, strides: readonly number[]): void {
  const rowMajor = stridesOf(x.shape);
  x.toTypedArray().forEach((value, flat) => {
    const at = strides.reduce((sum, s, i) => sum + s * (Math.floor(flat / rowMajor[i]!) % x.shape[i]!), first);
    storage[at] = value;
  });
}
