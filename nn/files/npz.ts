import { writeAtomically } from "../../core/atomic.js";
import { FileError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkFlag, checkOptions } from "../../core/options.js";
import { type Deflate, deflateOf, type Inflate, inflateOf } from "./deflate.js";
import { type Convert, checkConvert } from "./elements.js";
import { checkNames, chosen } from "./names.js";
import { type NpyOptions, npyArray, npyPortions } from "./npy.js";
import { joined, type Portion } from "./portions.js";
import { shown } from "./shown.js";
import { type FileSource, type Source, withSource } from "./source.js";
import { type ZipEntry, zipContents, zipEntries } from "./zip.js";
import { zipPortions } from "./zip-writer.js";

/** Options of `readNpz`. */
export interface NpzOptions extends NpyOptions {
  /** The arrays to read: all unless given. */
  names?: readonly string[] | null;
  /**
   * Decompresses raw DEFLATE to `size` bytes, where there is no Node: `(bytes, size) => inflateSync(bytes, { out: new Uint8Array(size) })`
   * with the `inflateSync` of the package fflate. Archives of `np.savez` are not compressed and need none.
   */
  inflate?: Inflate | null;
}

/** Options of `saveNpz` and `encodeNpz`. */
export interface SaveNpzOptions {
  /** Whether arrays are compressed, as by `np.savez_compressed`: false unless given. */
  compress?: boolean;
  /** Compresses to raw DEFLATE, where there is no Node: `deflateSync` of the package fflate. */
  deflate?: Deflate | null;
}

const ENDING = ".npy";

/**
 * Reads the arrays of a NumPy archive (`np.savez`, `np.savez_compressed`) by their names: from a path in Node, or its bytes anywhere.
 * Nothing in a file is run; the archive is checked whole, and each array, before memory is taken for it.
 * @throws FileError for what is no such archive, is cut off or damaged, has entries that overlap, are there twice or are no arrays,
 * and as `readNpy`; ArgumentError for options that are unknown or no options; the errors of `node:fs`.
 */
export function readNpz(source: FileSource, options: NpzOptions = {}): Record<string, NDArray> {
  checkOptions("readNpz", options, ["convert", "names", "inflate"]);
  const { convert = false, names = null, inflate = null } = options;
  checkConvert("readNpz", convert);
  checkNames("readNpz", names);
  const decompress = inflateOf("readNpz", inflate);
  return withSource("readNpz", source, (opened) =>
    npzIn(opened, (there) => (names === null ? there : chosen(opened.name, names, there)), convert, decompress),
  );
}

/** The arrays of an archive that `pick` picks of their names. @throws as `readNpz`. */
export function npzIn(
  source: Source,
  pick: (names: readonly string[]) => readonly string[],
  convert: Convert,
  inflate: Inflate | null,
): Record<string, NDArray> {
  const entries = arrayEntries(source);
  const arrays = pick([...entries.keys()]).map((name) => {
    const entry = entries.get(name)!;
    const { source: contents, from, size } = zipContents(source, entry, inflate);
    return [name, npyArray(`${source.name}: ${shown(entry.name)}`, contents, from, size, convert)] as const;
  });
  return Object.fromEntries(arrays);
}

/**
 * Writes arrays to a NumPy archive, which is there either as it was before or whole, whatever happens meanwhile. The same arrays give
 * the same bytes.
 * @throws FileError for what is no NDArray, and for more than an archive can hold, 4 GiB; ArgumentError for options that are unknown or
 * no options; the errors of `node:fs`.
 */
export function saveNpz(path: string, arrays: Readonly<Record<string, NDArray>>, options: SaveNpzOptions = {}): void {
  writeAtomically("saveNpz", path, npzPortions("saveNpz", arrays, options));
}

/** The bytes of a NumPy archive of arrays. @throws as `saveNpz`. */
export function encodeNpz(arrays: Readonly<Record<string, NDArray>>, options: SaveNpzOptions = {}): Uint8Array {
  return joined(npzPortions("encodeNpz", arrays, options));
}

/** The entries of an archive by the names of their arrays. */
function arrayEntries(source: Source): Map<string, ZipEntry> {
  const entries = zipEntries(source);
  const other = entries.find(({ name }) => !name.endsWith(ENDING));
  if (other === undefined) return new Map(entries.map((entry) => [entry.name.slice(0, -ENDING.length), entry]));
  if (entries.some(({ name }) => name.endsWith("data.pkl"))) {
    throw new FileError(
      `${source.name}: it is a pickle of PyTorch, which can run code and is never read; expected the state dict in safetensors ` +
        "(safetensors.torch.save_file), or in NumPy's form (np.savez of its arrays)",
    );
  }
  throw new FileError(
    `${source.name}: the entry ${shown(other.name)} is no array; expected names that end with ${ENDING}`,
  );
}

function npzPortions(operation: string, arrays: Readonly<Record<string, NDArray>>, options: SaveNpzOptions): Portion[] {
  checkOptions(operation, options, ["compress", "deflate"]);
  const { compress = false, deflate = null } = options;
  checkFlag(operation, "compress", compress);
  const files = Object.entries(arrays).map(([name, array]) => ({
    name: `${name}${ENDING}`,
    portions: npyPortions(`${operation}: ${shown(name)}`, array),
  }));
  return zipPortions(operation, files, compress ? deflateOf(operation, deflate) : null);
}
