import type { DType } from "../../core/dtype.js";
import { FileError } from "../../core/errors.js";
import type { Shape } from "../../core/shape.js";
import { bytesIn, type ElementKind, isShape, KINDS, MOST_AXES } from "./elements.js";
import { type Literal, NoLiteral, parseLiteral } from "./python-literal.js";
import { shown } from "./shown.js";
import { readBytes, type Source } from "./source.js";

/*
 * The head of a .npy file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): the bytes \x93NUMPY, a version,
 * the length of a text, in 2 bytes with version 1 and in 4 with 2 and 3, and the text, a dict of Python:
 *
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
 *
 * The elements follow and fill the rest of the file.
 */

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** The longest text that NumPy reads without being told to trust the file. */
const LONGEST = 10_000;
const KEYS = ["descr", "fortran_order", "shape"];

/** What the letters of NumPy's types stand for. */
const KIND_OF_TYPE = new Map<string, ElementKind>(
  Object.entries({
    ...{ f4: "float32", f8: "float64", i4: "int32", b1: "bool", "?": "bool", f2: "float16" },
    ...{ i1: "int8", i2: "int16", i8: "int64", u1: "uint8", u2: "uint16", u4: "uint32", u8: "uint64" },
  }).map(([type, name]) => [type, KINDS.find((kind) => kind.name === name)!]),
);
const TYPES: Readonly<Record<DType, string>> = { float32: "<f4", float64: "<f8", int32: "<i4", bool: "|b1" };

/** What a header says, and where the elements begin. */
export interface NpyHeader {
  readonly kind: ElementKind;
  readonly shape: Shape;
  readonly little: boolean;
  /** Whether the first index runs fastest. */
  readonly fortran: boolean;
  readonly from: number;
}

/**
 * Reads and checks the head of the .npy file that is the `size` bytes of `source` from `start` on.
 * @throws FileError, which begins with `where`, that says what is wrong with it.
 */
export function readNpyHeader(where: string, source: Source, start: number, size: number): NpyHeader {
  if (size < 10) throw new FileError(`${where} has ${size} bytes; expected a .npy file, of at least 10`);
  const prefix = readBytes(source, start, Math.min(size, 12));
  if (MAGIC.some((byte, i) => prefix[i] !== byte)) {
    throw new FileError(`${where} does not begin with \\x93NUMPY; expected a .npy file`);
  }
  const version = prefix[6]!;
  if (version < 1 || version > 3 || prefix[7] !== 0) {
    throw new FileError(`${where} has version ${version}.${prefix[7]}; expected 1.0, 2.0 or 3.0`);
  }
  const before = version === 1 ? 10 : 12;
  const view = new DataView(prefix.buffer);
  const length = version === 1 ? view.getUint16(8, true) : prefix.length < 12 ? size : view.getUint32(8, true);
  if (length > LONGEST || before + length > size) {
    throw new FileError(
      `${where} has ${size} bytes and says that its header has ${length}; expected a whole file with a header of at most ${LONGEST} bytes`,
    );
  }
  const text = decoded(where, readBytes(source, start + before, length), version);
  const header = { ...parsed(where, text), from: start + before + length };
  const [needed, there] = [bytesIn(header.kind, header.shape), size - before - length];
  if (needed === there) return header;
  const what = needed > there ? "it is cut off" : "there is something else behind";
  throw new FileError(`${where}: its elements take ${needed} bytes and it has ${there} for them: ${what}`);
}

/** The head of a file of an array in row-major order, as NumPy writes it: version 1.0, padded to a multiple of 64. */
export function npyHeader(shape: Shape, dtype: DType): Uint8Array {
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${TYPES[dtype]}', 'fortran_order': False, 'shape': (${lengths}), }`;
  const total = Math.ceil((10 + text.length + 1) / 64) * 64;
  const head = new Uint8Array(total).fill(0x20);
  head.set(MAGIC);
  head.set([1, 0], 6);
  new DataView(head.buffer).setUint16(8, total - 10, true);
  head.set(new TextEncoder().encode(text), 10);
  head[total - 1] = 0x0a;
  return head;
}

function decoded(where: string, bytes: Uint8Array, version: number): string {
  if (version < 3) return String.fromCharCode(...bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileError(`${where}: the header is no UTF-8 text`);
  }
}

function parsed(where: string, text: string): Omit<NpyHeader, "from"> {
  const dict = literal(where, text);
  if (!(dict instanceof Map)) throw new FileError(`${where}: the header is ${shown(dict)}; expected a dict`);
  const keys = [...dict.keys()].sort();
  if (keys.length !== KEYS.length || KEYS.some((key, i) => keys[i] !== key)) {
    throw new FileError(`${where}: the header has ${shown(keys)}; expected ${KEYS.join(", ")}`);
  }
  const [descr, fortran, shape] = KEYS.map((key) => dict.get(key) as Literal);
  if (typeof fortran !== "boolean") {
    throw new FileError(`${where}: fortran_order is ${shown(fortran)}; expected True or False`);
  }
  if (!isShape(shape)) {
    throw new FileError(
      `${where}: the shape is ${shown(shape)}; expected at most ${MOST_AXES} lengths of at least 0, of which the product is a number`,
    );
  }
  return { ...elements(where, descr!), fortran, shape };
}

function literal(where: string, text: string): Literal {
  try {
    return parseLiteral(text);
  } catch (error) {
    if (!(error instanceof NoLiteral)) throw error;
    throw new FileError(`${where}: the header is no dict of Python: ${error.message}`);
  }
}

function elements(where: string, descr: Literal): Pick<NpyHeader, "kind" | "little"> {
  const [, order, type] = (typeof descr === "string" ? /^([<>|]?)(.+)$/.exec(descr) : null) ?? ["", "", ""];
  const kind = KIND_OF_TYPE.get(type!);
  if (type === "O") {
    throw new FileError(
      `${where} has Python objects (pickle), which can run code and are never read; expected an array of numbers`,
    );
  }
  if (kind === undefined || (kind.bytes > 1 && order !== "<" && order !== ">")) {
    const types = [...KIND_OF_TYPE.keys()].join(", ");
    throw new FileError(`${where} has elements ${shown(descr)}; expected one of ${types}, after < or >`);
  }
  return { kind, little: order !== ">" };
}
