import { writeAtomically } from "../../core/atomic.js";
import { FileError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { checkOptions, describe } from "../../core/options.js";
import { type Convert, checkConvert, dtypeOf, memoryOf, readArray } from "./elements.js";
import { npyHeader, readNpyHeader } from "./npy-header.js";
import { joined, type Portion } from "./portions.js";
import { type FileSource, type Source, withSource } from "./source.js";

/** Options of `readNpy`. */
export interface NpyOptions {
  /**
   * Whether elements that are not float32, float64, int32 or bool become what can hold them: false unless given. True makes float16
   * float32 and other integers int32; `"float32"` or `"float64"` makes any floating-point array that, too.
   */
  convert?: Convert;
}

/**
 * Reads the array in a NumPy file (`np.save`), of any version and byte order: from a path in Node, or its bytes anywhere. One in
 * Fortran's order comes back as a transposed view. Nothing in a file is run, and it is checked before memory is taken.
 * @throws FileError for what is no such file, is cut off or goes on, and for elements that are of other kinds than `convert` allows
 * or do not fit; the errors of `node:fs` for a file that cannot be opened.
 */
export function readNpy(source: FileSource, options: NpyOptions = {}): NDArray {
  checkOptions("readNpy", options, ["convert"]);
  const { convert = false } = options;
  checkConvert("readNpy", convert);
  return withSource("readNpy", source, (opened) => npyArray(opened.name, opened, 0, opened.size, convert));
}

/**
 * Writes an array to a file as `np.save` does. The file is there either as it was before or whole, whatever happens meanwhile.
 * @throws FileError for what is no NDArray; the errors of `node:fs`.
 */
export function saveNpy(path: string, array: NDArray): void {
  writeAtomically("saveNpy", path, npyPortions("saveNpy: the array", array));
}

/** The bytes of a NumPy file of an array. @throws FileError for what is no NDArray. */
export function encodeNpy(array: NDArray): Uint8Array {
  return joined(npyPortions("encodeNpy: the array", array));
}

/**
 * The array of the .npy file that is the `size` bytes of `source` from `start` on.
 * @throws FileError, which begins with `where`.
 */
export function npyArray(where: string, source: Source, start: number, size: number, convert: Convert): NDArray {
  const { kind, shape, little, fortran, from } = readNpyHeader(where, source, start, size);
  const dtype = dtypeOf(kind, convert);
  if (dtype === null) {
    throw new FileError(
      `${where} is ${kind.name}; expected float32, float64, int32 or bool, or the option convert: true, which makes it ${kind.dtype}`,
    );
  }
  if (!fortran) return readArray(where, source, { kind, shape, little, from }, dtype);
  const turned = { kind, shape: [...shape].reverse(), little, from };
  return readArray(where, source, turned, dtype).transpose();
}

/**
 * What a .npy file of an array has, one after the other. The second holds until the next allocation.
 * @throws FileError, which begins with `what`, when it is none.
 */
export function npyPortions(what: string, array: NDArray): [head: Portion, elements: Portion] {
  if (!(array instanceof NDArray)) throw new FileError(`${what} is ${describe(array)}; expected an NDArray`);
  return [() => npyHeader(array.shape, array.dtype), () => memoryOf(array.asContiguous())];
}
