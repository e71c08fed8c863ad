import { FileError } from "../../core/errors.js";
import { crc32 } from "./crc32.js";
import type { Deflate } from "./deflate.js";
import { joined, type Portion } from "./portions.js";
import { shown } from "./shown.js";

/** A file to be put in an archive, in pieces. */
export interface ZipFile {
  readonly name: string;
  readonly portions: readonly Portion[];
}

/** The version of the format that a reader needs: 2.0, for deflated entries. */
const VERSION = 20;
const UTF8 = 0x800;
/** The first of January 1980, the first day there is, so that the same arrays give the same bytes. */
const DATE = 0x21;
const MOST_BYTES = 0xffffffff;
const MOST_FILES = 0xffff;
const LONGEST_NAME = 0xffff;
const STORED = 0;
const DEFLATED = 8;

/** What is put in an archive for a file. */
interface Contents {
  readonly method: number;
  readonly portions: readonly Portion[];
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
}

/**
 * A zip archive in pieces, each made when it is its turn: a file's header, its contents, ..., and the directory. Files are stored
 * as they are, or compressed where `deflate` is given.
 * @throws FileError for more files, or longer names, than an archive can have; and, when they are made, for more bytes.
 */
export function zipPortions(operation: string, files: readonly ZipFile[], deflate: Deflate | null): Portion[] {
  if (files.length >= MOST_FILES) {
    throw new FileError(`${operation}: there are ${files.length} arrays; expected at most ${MOST_FILES - 1}`);
  }
  const long = files.find(({ name }) => new TextEncoder().encode(name).length > LONGEST_NAME);
  if (long !== undefined) {
    throw new FileError(
      `${operation}: the name ${shown(long.name)} is too long; expected ${LONGEST_NAME} bytes at most`,
    );
  }
  const directory: Uint8Array[] = [];
  let written = 0;
  const counted = (bytes: Uint8Array): Uint8Array => {
    written += bytes.length;
    if (written > MOST_BYTES) throw new FileError(`${operation}: it is more than 4 GiB; expected several archives`);
    return bytes;
  };
  const entries = files.flatMap(({ name, portions }) => {
    let contents: Contents;
    const header = () => {
      contents = deflate === null ? stored(portions) : deflated(portions, deflate);
      directory.push(centralHeader(name, contents, written));
      return counted(localHeader(name, contents));
    };
    const pieces = deflate === null ? portions : [null];
    return [header, ...pieces.map((_, i) => () => counted(contents.portions[i]!()))];
  });
  const list = () => {
    directory.push(directoryEnd(directory, written));
    return counted(concatenated(directory));
  };
  return [...entries, list];
}

function stored(portions: readonly Portion[]): Contents {
  let [size, crc] = [0, 0];
  for (const portion of portions) {
    const bytes = portion();
    size += bytes.length;
    crc = crc32(bytes, crc);
  }
  return { method: STORED, portions, packed: size, size, crc };
}

function deflated(portions: readonly Portion[], deflate: Deflate): Contents {
  const bytes = joined(portions);
  const packed = deflate(bytes);
  return { method: DEFLATED, portions: [() => packed], packed: packed.length, size: bytes.length, crc: crc32(bytes) };
}

function localHeader(name: string, contents: Contents): Uint8Array {
  return concatenated([numbers([4, 0x04034b50]), fields(name, contents), new TextEncoder().encode(name)]);
}

function centralHeader(name: string, contents: Contents, from: number): Uint8Array {
  const before = numbers([4, 0x02014b50], [2, VERSION]);
  // No comment, no disk, no attributes.
  const after = numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, from]);
  return concatenated([before, fields(name, contents), after, new TextEncoder().encode(name)]);
}

/** What both headers have. */
function fields(name: string, { method, packed, size, crc }: Contents): Uint8Array {
  const encoded = new TextEncoder().encode(name);
  const flags = encoded.length === name.length ? 0 : UTF8;
  const head = numbers([2, VERSION], [2, flags], [2, method], [2, 0], [2, DATE]);
  return concatenated([head, numbers([4, crc], [4, packed], [4, size], [2, encoded.length], [2, 0])]);
}

function directoryEnd(directory: readonly Uint8Array[], from: number): Uint8Array {
  const bytes = directory.reduce((sum, { length }) => sum + length, 0);
  const count = directory.length;
  return numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, bytes], [4, from], [2, 0]);
}

/** Whole numbers, each in as many bytes as is said before it, the least byte first. */
function numbers(...given: readonly (readonly [bytes: 2 | 4, value: number])[]): Uint8Array {
  const result = new Uint8Array(given.reduce((sum, [bytes]) => sum + bytes, 0));
  const view = new DataView(result.buffer);
  let at = 0;
  for (const [bytes, value] of given) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return result;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  return joined(parts.map((part) => () => part));
}
