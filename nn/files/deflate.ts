import { ArgumentError, FileError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import { nodeModule } from "../../core/platform.js";

/** Gives back what `deflate` made of `size` bytes, as raw DEFLATE (RFC 1951). */
export type Inflate = (bytes: Uint8Array, size: number) => Uint8Array;

/** Compresses bytes to raw DEFLATE. */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

/** No more than this many bytes come of one that was compressed by DEFLATE. */
const HIGHEST_RATIO = 1032;

/** Whether `size` bytes can come of `compressed` ones. */
export function canInflateTo(size: number, compressed: number): boolean {
  return size <= HIGHEST_RATIO * compressed;
}

/**
 * What an option says, or else what Node has.
 * @throws ArgumentError when it is no function.
 */
export function inflateOf(operation: string, given: Inflate | null): Inflate | null {
  checkFunction(operation, "inflate", given);
  const zlib = nodeModule("node:zlib");
  if (given !== null || zlib === undefined) return given;
  return (bytes, size) => zlib.inflateRawSync(bytes, { maxOutputLength: Math.max(size, 1) });
}

/** As `inflateOf`. @throws ArgumentError when it is no function; FileError where nothing compresses. */
export function deflateOf(operation: string, given: Deflate | null): Deflate {
  checkFunction(operation, "deflate", given);
  const zlib = nodeModule("node:zlib");
  if (given !== null) return given;
  if (zlib !== undefined) return (bytes) => zlib.deflateRawSync(bytes);
  throw new FileError(
    `${operation}: nothing compresses here; expected compress: false, Node, or the option deflate: npm install fflate, and deflate: deflateSync of it`,
  );
}

function checkFunction(operation: string, option: string, given: unknown): void {
  if (given === null || typeof given === "function") return;
  throw new ArgumentError(`${operation}: ${option} is ${describe(given)}; expected a function`);
}
