import { writeAtomically } from "../../core/atomic.js";
import { FileError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { checkOptions, describe } from "../../core/options.js";
import { type Convert, checkConvert, memoryOf, readArray } from "./elements.js";
import { checkNames, chosen } from "./names.js";
import { joined, type Portion } from "./portions.js";
import { entryDType, headerLength, PREFIX, parseHeader, writtenHeader } from "./safetensors-header.js";
import { shown } from "./shown.js";
import { type FileSource, readBytes, type Source, withSource } from "./source.js";

/** Options of `saveSafetensors` and `encodeSafetensors`. */
export interface SafetensorsOptions {
  /** Texts to keep beside the arrays: none unless given. */
  metadata?: Readonly<Record<string, string>>;
}

/** What a safetensors file holds. */
export interface SafetensorsContent {
  /** The arrays by their names, in the order of the file. */
  readonly tensors: Record<string, NDArray>;
  /** The texts beside them. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Options of `readSafetensors`. */
export interface ReadSafetensorsOptions {
  /** The arrays to read: all unless given. */
  names?: readonly string[] | null;
  /**
   * Whether elements that are not F32, F64, I32 or BOOL become what can hold them: false unless given. True makes F16 and BF16 float32
   * and other integers int32; `"float32"` or `"float64"` makes any floating-point array that, too.
   */
  convert?: Convert;
}

/**
 * Reads a safetensors file: from a path in Node, or its bytes anywhere. The elements go straight to where the arrays keep them.
 *
 *     model.loadStateDict(readSafetensors("model.safetensors").tensors);
 *
 * Nothing in a file is run, and it is checked whole before memory is taken: the format's rules, overlaps, gaps and lengths.
 * @throws FileError for what is no such file or is cut off, for arrays of other dtypes than `convert` allows or that do not fit, and for
 * a name that the file does not have; ArgumentError for options that are unknown or no options; the errors of `node:fs` for a file
 * that cannot be opened.
 */
export function readSafetensors(source: FileSource, options: ReadSafetensorsOptions = {}): SafetensorsContent {
  checkOptions("readSafetensors", options, ["names", "convert"]);
  const { names = null, convert = false } = options;
  checkNames("readSafetensors", names);
  checkConvert("readSafetensors", convert);
  return withSource("readSafetensors", source, (opened) =>
    safetensorsIn(opened, (there) => (names === null ? there : chosen(opened.name, names, there)), convert),
  );
}

/** What a safetensors file has, with the arrays that `pick` picks of their names. @throws as `readSafetensors`. */
export function safetensorsIn(
  source: Source,
  pick: (names: readonly string[]) => readonly string[],
  convert: Convert,
): SafetensorsContent {
  const { name: file, size } = source;
  const length = headerLength(file, readBytes(source, 0, Math.min(PREFIX, size)), size);
  const from = PREFIX + length;
  const { entries, metadata } = parseHeader(file, readBytes(source, PREFIX, length), size - from);
  const there = new Map(entries.map((entry) => [entry.name, entry]));
  // All are looked at before the first is read.
  const planned = pick([...there.keys()]).map((name) => {
    const entry = there.get(name)!;
    return { entry, dtype: entryDType(file, entry, convert) };
  });
  const tensors = planned.map(({ entry: { name, kind, shape, start }, dtype }) => {
    const stored = { kind, shape, little: true, from: from + start };
    return [name, readArray(`${file}: ${shown(name)}`, source, stored, dtype)] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * Writes arrays to a safetensors file, which is there either as it was before or whole, whatever happens meanwhile.
 * @throws FileError for an array named `__metadata__` and what is no array; the errors of `node:fs`.
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, NDArray>>,
  options: SafetensorsOptions = {},
): void {
  writeAtomically("saveSafetensors", path, portions("saveSafetensors", tensors, options));
}

/** The bytes of a safetensors file of `tensors`. @throws as `saveSafetensors`. */
export function encodeSafetensors(
  tensors: Readonly<Record<string, NDArray>>,
  options: SafetensorsOptions = {},
): Uint8Array {
  return joined(portions("encodeSafetensors", tensors, options));
}

/** What a file has, one after the other. Each is a view that holds until the next allocation. */
function portions(
  operation: string,
  tensors: Readonly<Record<string, NDArray>>,
  options: SafetensorsOptions,
): Portion[] {
  checkOptions(operation, options, ["metadata"]);
  const { metadata = {} } = options;
  for (const [name, value] of Object.entries(tensors)) {
    if (value instanceof NDArray) continue;
    throw new FileError(`${operation}: ${shown(name)} is ${describe(value)}; expected an NDArray`);
  }
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text === "string") continue;
    throw new FileError(`${operation}: the metadata ${shown(key)} is ${describe(text)}; expected a text`);
  }
  const { head, names } = writtenHeader(operation, tensors, metadata);
  return [() => head, ...names.map((name) => () => memoryOf(tensors[name]!.asContiguous()))];
}
