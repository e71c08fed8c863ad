import { bytesOf, type DType } from "../../core/dtype.js";
import { FileError } from "../../core/errors.js";
import { type Shape, shapeText } from "../../core/shape.js";
import { bytesIn, type Convert, dtypeOf, type ElementKind, isShape, KINDS, MOST_AXES } from "./elements.js";
import { shown } from "./shown.js";

/*
 * The head of a safetensors file (https://github.com/huggingface/safetensors): the length of a JSON text in 8 bytes, the text,
 * and then the elements of all arrays without gaps. The text is
 *
 *     { "__metadata__": { "key": "text" }, "name": { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] } }
 *
 * What is read here comes from anywhere, so nothing is believed before it has been checked, and all of it is checked before
 * memory for a single element is taken.
 */

/** The bytes before the text of a header. */
export const PREFIX = 8;
/** No header is longer: the limit of the format's own implementation. */
const LONGEST = 100_000_000;
const METADATA = "__metadata__";

const NAMES: Readonly<Record<DType, string>> = { float32: "F32", float64: "F64", int32: "I32", bool: "BOOL" };
/** What else there is that can become an array. */
const OTHER_NAMES = {
  ...{ float16: "F16", bfloat16: "BF16", int8: "I8", int16: "I16", int64: "I64" },
  ...{ uint8: "U8", uint16: "U16", uint32: "U32", uint64: "U64" },
};
const KIND_OF_NAME = new Map(
  Object.entries({ ...NAMES, ...OTHER_NAMES }).map(([name, text]) => [text, KINDS.find((kind) => kind.name === name)!]),
);

/** Where an array lies in a file. */
export interface Entry {
  readonly name: string;
  readonly kind: ElementKind;
  readonly shape: Shape;
  /** The first byte of its elements, counted from the end of the header. */
  readonly start: number;
  readonly bytes: number;
}

/** What a header says. */
export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** An array as a header describes it. */
export interface Described {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * How many bytes the text of a header has, by the first bytes of a file of `size` bytes, Infinity where nobody knows yet.
 * @throws FileError when that cannot be.
 */
export function headerLength(file: string, prefix: Uint8Array, size: number): number {
  if (size < PREFIX) throw new FileError(`${file}: it has ${size} bytes; expected a safetensors file, of at least 10`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX);
  const length = view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true);
  if (length >= 2 && length <= Math.min(LONGEST, size - PREFIX)) return length;
  const known = size === Infinity ? "it says" : `it has ${size} bytes and says`;
  throw new FileError(
    `${file}: ${known} that its header has ${length}; expected a safetensors file, whole, with a header of at most ${LONGEST} bytes`,
  );
}

/**
 * Reads and checks the text of a header; `dataBytes` is what the file has after it, null where nobody knows yet.
 * @throws FileError that says what is wrong with it.
 */
export function parseHeader(file: string, text: Uint8Array, dataBytes: number | null): Header {
  const json = decoded(file, text);
  const parsed: unknown = parsedJson(file, json);
  if (!isRecord(parsed)) throw new FileError(`${file}: the header is ${shown(parsed)}; expected an object`);
  const names = Object.keys(parsed);
  if (topLevelKeys(json) !== names.length) throw new FileError(`${file}: the header has a name twice`);
  const entries = names
    .filter((name) => name !== METADATA)
    .map((name) => parsedEntry(`${file}: ${shown(name)}`, name, parsed[name]));
  entries.sort((a, b) => a.start - b.start || a.bytes - b.bytes);
  checkLayout(file, entries, dataBytes);
  const metadata = names.includes(METADATA) ? parsed[METADATA] : {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw new FileError(`${file}: ${METADATA} is no object of texts`);
  }
  return { entries, metadata: metadata as Record<string, string> };
}

/**
 * The dtype of the array that an entry becomes.
 * @throws FileError when it would have to be converted and `convert` is false.
 */
export function entryDType(file: string, { name, kind }: Entry, convert: Convert): DType {
  const dtype = dtypeOf(kind, convert);
  if (dtype !== null) return dtype;
  const text = OTHER_NAMES[kind.name as keyof typeof OTHER_NAMES];
  throw new FileError(`${file}: ${shown(name)} has dtype "${text}"; expected ${expectedNames()}`);
}

/** The bytes before the elements of `arrays`, and the order in which these follow. */
export function writtenHeader(
  operation: string,
  arrays: Readonly<Record<string, Described>>,
  metadata: Readonly<Record<string, string>>,
): { head: Uint8Array; names: readonly string[] } {
  if (Object.hasOwn(arrays, METADATA)) {
    throw new FileError(`${operation}: an array is named ${METADATA}, which safetensors keeps for texts`);
  }
  // The widest elements first, so that all lie at multiples of their sizes.
  const width = (name: string) => bytesOf(arrays[name]!.dtype);
  const names = Object.keys(arrays).sort((a, b) => width(b) - width(a));
  let end = 0;
  const described = names.map((name) => {
    const { shape, dtype } = arrays[name]!;
    const start = end;
    end += shape.reduce((product, n) => product * n, bytesOf(dtype));
    return [name, { dtype: NAMES[dtype], shape, data_offsets: [start, end] }] as const;
  });
  const about = Object.keys(metadata).length === 0 ? [] : [[METADATA, metadata] as const];
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...about, ...described])));
  const length = Math.ceil(text.length / 8) * 8;
  if (length > LONGEST) {
    throw new FileError(`${operation}: the header has ${length} bytes; expected fewer arrays and texts, ${LONGEST}`);
  }
  const head = new Uint8Array(PREFIX + length).fill(0x20, PREFIX);
  new DataView(head.buffer).setUint32(0, length, true);
  head.set(text, PREFIX);
  return { head, names };
}

function decoded(file: string, text: Uint8Array): string {
  if (text[0] !== 0x7b) throw new FileError(`${file}: the header does not begin with {; expected a safetensors file`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch {
    throw new FileError(`${file}: the header is no UTF-8 text`);
  }
}

function parsedJson(file: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new FileError(`${file}: the header is no JSON: ${(error as Error).message}`);
  }
}

/** How many keys the outermost object of a JSON text has, those that are there twice included. */
function topLevelKeys(json: string): number {
  let depth = 0;
  let keys = 0;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === ":" && depth === 1) keys++;
    else if (character === '"') i = endOfText(json, i);
  }
  return keys;
}

/** Where the quoted text ends that starts at `start`. */
function endOfText(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
  return i;
}

function parsedEntry(where: string, name: string, value: unknown): Entry {
  if (!isRecord(value)) throw new FileError(`${where} is ${shown(value)}; expected { dtype, shape, data_offsets }`);
  const { dtype: text, shape, data_offsets: offsets } = value;
  const kind = KIND_OF_NAME.get(text as string);
  if (kind === undefined) throw new FileError(`${where} has dtype ${shown(text)}; expected ${expectedNames()}`);
  if (!isShape(shape)) {
    throw new FileError(
      `${where} has shape ${shown(shape)}; expected at most ${MOST_AXES} lengths of at least 0, of which the product is a number`,
    );
  }
  if (!isOffsets(offsets)) throw new FileError(`${where} has data_offsets ${shown(offsets)}; expected [start, end]`);
  const [start, end] = offsets;
  const bytes = bytesIn(kind, shape);
  if (bytes !== end - start) {
    throw new FileError(
      `${where} is ${text} ${shapeText(shape)}, which takes ${bytes} bytes, and its data_offsets are [${start}, ${end}]`,
    );
  }
  return { name, kind, shape, start, bytes };
}

function expectedNames(): string {
  const [own, other] = [NAMES, OTHER_NAMES].map((names) => Object.values(names).join(", "));
  return `one of ${own}, or with the option convert: true of ${other}`;
}

/** Checks that `entries`, by their starts, lie one after the other and take all there is. */
function checkLayout(file: string, entries: readonly Entry[], dataBytes: number | null): void {
  let end = 0;
  for (const { name, start, bytes } of entries) {
    if (start !== end) {
      const what = start < end ? "overlaps what is before it" : "leaves a gap before it";
      throw new FileError(`${file}: ${shown(name)} starts at ${start} and ${what}; expected ${end}`);
    }
    end = start + bytes;
  }
  if (dataBytes === null || end === dataBytes) return;
  const what = end > dataBytes ? "it is cut off" : "there is something else behind";
  throw new FileError(`${file}: its arrays take ${end} bytes and it has ${dataBytes} for them: ${what}`);
}

function isOffsets(value: unknown): value is [start: number, end: number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  return value.every((n) => Number.isSafeInteger(n) && n >= 0) && value[0] <= value[1];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
