import { bytesOf } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import type { AxisView } from "../kernels.js";
import { apart, partCount } from "../parallel.js";
import { SUFFIX } from "./kernel-module.js";
import { base, normalize } from "./modules.js";
import { scratchOf } from "./scratch.js";
import { share } from "./share.js";

/** `Kernels.softmaxGrad`. Shared by ranges of the outer axis. */
export function softmaxGrad(gy: NDArray, y: NDArray, { outer, length, inner }: AxisView, out: NDArray): void {
  const block = length * inner;
  const bytes = block * bytesOf(y.dtype);
  share(
    base,
    `softmaxGrad_${SUFFIX[y.dtype]}`,
    outer,
    partCount(outer, 2 * block),
    1,
    apart([out], gy, y),
    (from, to) => {
      const at = from * bytes;
      return [gy.address + at, y.address + at, to - from, length, inner, inner, out.address + at];
    },
  );
}

/** `Kernels.crossEntropy`. */
export function crossEntropy(x: NDArray, positions: NDArray, statistics: NDArray, out: NDArray): void {
  const rows = positions.size;
  const width = x.size / rows;
  const ends = [statistics.address, out.address];
  share(
    normalize,
    `crossEntropy_${SUFFIX[x.dtype]}`,
    rows,
    partCount(rows, 6 * width),
    1,
    apart([out, statistics], x, positions),
    (from, to) => [x.address, positions.address, from, to, width, ...ends],
  );
}

/** `Kernels.crossEntropyGrad`. */
export function crossEntropyGrad(
  x: NDArray,
  positions: NDArray,
  statistics: NDArray,
  scale: number,
  out: NDArray,
): void {
  const rows = positions.size;
  const width = x.size / rows;
  const ends = [statistics.address, scale, out.address];
  share(
    normalize,
    `crossEntropyGrad_${SUFFIX[x.dtype]}`,
    rows,
    partCount(rows, 6 * width),
    1,
    apart([out], x, positions, statistics),
    (from, to) => [x.address, positions.address, from, to, width, ...ends],
  );
}

/** `Kernels.layerNorm`. */
export function layerNorm(
  x: NDArray,
  gamma: NDArray,
  beta: NDArray,
  epsilon: number,
  statistics: NDArray,
  out: NDArray,
): void {
  const width = gamma.size;
  const rows = x.size / width;
  const arrays = [x.address, gamma.address, beta.address];
  share(
    normalize,
    `layerNorm_${SUFFIX[x.dtype]}`,
    rows,
    partCount(rows, 4 * width),
    1,
    apart([out, statistics], x, gamma, beta),
    (from, to) => [...arrays, from, to, width, epsilon, statistics.address, out.address],
  );
}

/** `Kernels.layerNormGrad`. Each part adds up its own sums, and those are added in order. */
export function layerNormGrad(
  x: NDArray,
  gamma: NDArray,
  gy: NDArray,
  statistics: NDArray,
  gx: NDArray,
  sums: NDArray,
): void {
  const width = gamma.size;
  const rows = x.size / width;
  const { dtype } = x;
  const parts = partCount(rows, 6 * width);
  const partials = scratchOf((parts + 1) * 16 * width);
  const arrays = [x.address, gamma.address, gy.address, statistics.address];
  const bytes = 2 * width * bytesOf(dtype);
  share(
    normalize,
    `layerNormGrad_${SUFFIX[dtype]}`,
    rows,
    parts,
    1,
    apart([gx], x, gamma, gy, statistics),
    (from, to, i) => [...arrays, from, to, width, gx.address, partials + i * bytes],
  );
  const totals = partials + parts * 16 * width;
  base.of("sum", dtype)(partials, 1, parts, 2 * width, 0, 2 * width, sums.address, 2 * width, totals);
}
