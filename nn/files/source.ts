import { FileError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import { fileModules } from "../../core/platform.js";

/** What files are read from: a path in Node, or their bytes anywhere. */
export type FileSource = string | Uint8Array | ArrayBuffer;

/** Bytes that are fetched piece by piece. */
export interface Source {
  /** What messages call it, such as `readNpy: a.npy`. */
  readonly name: string;
  readonly size: number;
  /**
   * Fills `into` with the bytes from `from` on.
   * @throws FileError when there are not as many.
   */
  read(into: Uint8Array, from: number): void;
}

/** The most that a file is asked for at once; Node takes less than 2 GiB. */
const PORTION = 2 ** 30;

/**
 * Calls `fn` with the bytes of a file, and closes it.
 * @throws FileError for a source that is none, and where there are no files; the errors of `node:fs`.
 */
export function withSource<T>(operation: string, source: FileSource, fn: (source: Source) => T): T {
  if (typeof source === "string") return withFile(operation, source, fn);
  const bytes = bytesOfSource(source);
  if (bytes !== null) return fn(bytesSource(`${operation}: the bytes`, bytes));
  throw new FileError(`${operation}: the source is ${describe(source)}; expected a path, or bytes`);
}

/** Bytes that are in memory already. */
export function bytesSource(name: string, bytes: Uint8Array): Source {
  return {
    name,
    size: bytes.length,
    read: (into, from) => {
      if (from + into.length > bytes.length) throw ended(name);
      into.set(bytes.subarray(from, from + into.length));
    },
  };
}

/** `length` bytes of a source, from `from` on. */
export function readBytes(source: Source, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  source.read(bytes, from);
  return bytes;
}

function withFile<T>(operation: string, path: string, fn: (source: Source) => T): T {
  const { fs } = fileModules(operation);
  const file = fs.openSync(path, "r");
  const name = `${operation}: ${path}`;
  const read = (into: Uint8Array, from: number) => {
    for (let done = 0; done < into.length; ) {
      const count = fs.readSync(file, into, done, Math.min(PORTION, into.length - done), from + done);
      if (count === 0) throw ended(name);
      done += count;
    }
  };
  try {
    return fn({ name, size: fs.fstatSync(file).size, read });
  } finally {
    fs.closeSync(file);
  }
}

/** The bytes of a view or a buffer of any realm; null for what is neither. */
function bytesOfSource(source: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const tag = Object.prototype.toString.call(source);
  const isBuffer = tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]";
  return isBuffer ? new Uint8Array(source as ArrayBuffer) : null;
}

function ended(name: string): FileError {
  return new FileError(`${name} ended while it was read; expected a whole file`);
}
