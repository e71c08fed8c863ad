import { bytesOf, isFloat } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import * as js from "../js/rows.js";
import { apart, partCount } from "../parallel.js";
import { base } from "./modules.js";
import { share } from "./share.js";

/** `Kernels.takeRows`. */
export function takeRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void {
  const bytes = width * bytesOf(x.dtype);
  share(base, "takeRows", rows.size, partCount(rows.size, bytes / 4), 1, apart([out], x, rows), (from, to) => [
    x.address,
    rows.address + 4 * from,
    to - from,
    bytes,
    out.address + from * bytes,
  ]);
}

/** `Kernels.addRows`. */
export function addRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void {
  if (isFloat(x.dtype)) base.of("addRows", x.dtype)(x.address, rows.address, rows.size, width, out.address);
  else js.addRows(x, rows, width, out);
}
