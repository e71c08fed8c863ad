import { bytesOf } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";
import { apart, partCount } from "../parallel.js";
import { SUFFIX } from "./kernel-module.js";
import { normalize } from "./modules.js";
import { scratchOf } from "./scratch.js";
import { share } from "./share.js";

/** Numbers to two cache lines: threads whose sums shared one would wait for each other. */
const LINE = 16;

/** `Kernels.columnSquares`. */
export function columnSquares(x: NDArray, mean: NDArray, out: NDArray): void {
  addColumns("columnSquares", x, [x, mean], mean.size, out);
}

/** `Kernels.columnProducts`. */
export function columnProducts(x: NDArray, mean: NDArray, gy: NDArray, sums: NDArray): void {
  addColumns("columnProducts", x, [x, mean, gy], mean.size, sums);
}

/** Calls `name` for ranges of the rows of `x`; each adds up sums of its own, in float64, and those are added in order. */
function addColumns(name: string, x: NDArray, inputs: readonly NDArray[], width: number, out: NDArray): void {
  const rows = x.size / width;
  const parts = partCount(rows, 3 * width);
  const stride = Math.ceil(out.size / LINE) * LINE;
  const partials = scratchOf(8 * parts * stride);
  const addresses = inputs.map((input) => input.address);
  share(normalize, `${name}_${SUFFIX[x.dtype]}`, rows, parts, 1, true, (from, to, i) => [
    ...addresses,
    from,
    to,
    width,
    partials + 8 * i * stride,
  ]);
  const totals = elementsOf("float64");
  const sums = elementsOf(out.dtype);
  const [first, to] = [partials / 8, firstIndex(out)];
  for (let j = 0; j < out.size; j++) {
    let total = 0;
    for (let i = 0; i < parts; i++) total += totals[first + i * stride + j]!;
    sums[to + j] = total;
  }
}

/** `Kernels.normalizeColumns`. */
export function normalizeColumns(x: NDArray, mean: NDArray, scale: NDArray, shift: NDArray, out: NDArray): void {
  const width = mean.size;
  const rows = x.size / width;
  const bytes = width * bytesOf(x.dtype);
  const columns = [mean.address, scale.address, shift.address];
  share(
    normalize,
    `normalizeColumns_${SUFFIX[x.dtype]}`,
    rows,
    partCount(rows, 2 * width),
    1,
    apart([out], x),
    (from, to) => [x.address + from * bytes, ...columns, to - from, width, out.address + from * bytes],
  );
}

/** `Kernels.normalizeColumnsGrad`. */
export function normalizeColumnsGrad(
  x: NDArray,
  mean: NDArray,
  gy: NDArray,
  scale: NDArray,
  slope: NDArray,
  shift: NDArray,
  out: NDArray,
): void {
  const width = mean.size;
  const rows = x.size / width;
  const bytes = width * bytesOf(x.dtype);
  const columns = [mean, scale, slope, shift].map((column) => column.address);
  share(
    normalize,
    `normalizeColumnsGrad_${SUFFIX[x.dtype]}`,
    rows,
    partCount(rows, 3 * width),
    1,
    apart([out], x, gy),
    (from, to) => [
      x.address + from * bytes,
      gy.address + from * bytes,
      ...columns,
      to - from,
      width,
      out.address + from * bytes,
    ],
  );
}
