import { FileError } from "../../core/errors.js";
import { crc32 } from "./crc32.js";
import { canInflateTo, type Inflate } from "./deflate.js";
import { shown } from "./shown.js";
import { bytesSource, readBytes, type Source } from "./source.js";

/*
 * Zip archives (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), as far as NumPy writes them: entries stored or deflated,
 * sizes of 64 bits. An archive ends with a directory that says where its entries are. All of it is checked before an entry
 * is read: entries of one name, that overlap or lie outside the file, and sizes that cannot be.
 */

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_BYTES = 20;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const LONGEST_COMMENT = 0xffff;
/** In a field of 16 or 32 bits: the number is elsewhere, in 64. */
const ELSEWHERE = [0xffff, 0xffffffff];
const ENCRYPTED = 1;
/** How many bytes are looked at together. */
const CHUNK = 2 ** 16;
/** What WebAssembly can address: an archive with more in it could not be held. */
const MOST_BYTES = 2 ** 32;

/** An entry of an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes of the contents. */
  readonly size: number;
  /** Where the bytes in the archive begin. */
  readonly from: number;
}

/** An entry whose place is known by its header alone. */
interface Listed extends Omit<ZipEntry, "from"> {
  readonly header: number;
}

interface Directory {
  readonly from: number;
  readonly bytes: number;
  readonly entries: number;
}

/**
 * The entries of an archive, in the order of its directory.
 * @throws FileError for what is no such archive, and whatever is wrong with it.
 */
export function zipEntries(source: Source): ZipEntry[] {
  const directory = findDirectory(source);
  const listed = listedEntries(source, directory);
  const names = new Set<string>();
  for (const { name } of listed) {
    if (names.has(name)) throw new FileError(`${source.name}: the entry ${shown(name)} is there twice`);
    names.add(name);
  }
  if (listed.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES) {
    throw new FileError(`${source.name}: its entries say that they have more than ${MOST_BYTES} bytes; expected less`);
  }
  const entries = listed.map((entry) => located(source, entry, directory));
  checkPlaces(source, listed, entries);
  return entries;
}

/**
 * The contents of an entry: those of a stored one in their place.
 * @throws FileError when they do not have the checksum, or the size, that the archive says, and when there is nothing to inflate them by.
 */
export function zipContents(
  source: Source,
  entry: ZipEntry,
  inflate: Inflate | null,
): { source: Source; from: number; size: number } {
  const { name, deflated, from, size, crc } = entry;
  const where = `${source.name}: the entry ${shown(name)}`;
  if (!deflated) {
    if (checksum(source, from, size) !== crc) throw damaged(where);
    return { source, from, size };
  }
  if (inflate === null) {
    throw new FileError(
      `${where} is compressed; expected the option inflate: npm install fflate, and inflate: (bytes, size) => inflateSync(bytes, { out: new Uint8Array(size) })`,
    );
  }
  const contents = inflated(where, readBytes(source, from, entry.packed), size, inflate);
  if (crc32(contents) !== crc) throw damaged(where);
  return { source: bytesSource(where, contents), from: 0, size };
}

function checksum(source: Source, from: number, size: number): number {
  const buffer = new Uint8Array(Math.min(size, CHUNK));
  let crc = 0;
  for (let done = 0; done < size; done += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, size - done));
    source.read(piece, from + done);
    crc = crc32(piece, crc);
  }
  return crc;
}

function damaged(where: string): FileError {
  return new FileError(`${where} is damaged: its checksum is not what the archive says`);
}

function inflated(where: string, bytes: Uint8Array, size: number, inflate: Inflate): Uint8Array {
  let contents: Uint8Array;
  try {
    contents = inflate(bytes, size);
  } catch (error) {
    throw new FileError(`${where} cannot be decompressed to ${size} bytes: ${(error as Error).message}`);
  }
  if (contents.length === size) return contents;
  throw new FileError(`${where} has ${contents.length} bytes; expected ${size}, as the archive says`);
}

function findDirectory(source: Source): Directory {
  const tail = Math.min(source.size, END_BYTES + LONGEST_COMMENT);
  const begin = source.size - tail;
  const bytes = readBytes(source, begin, tail);
  const view = new DataView(bytes.buffer);
  for (let at = tail - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || at + END_BYTES + view.getUint16(at + 20, true) !== tail) continue;
    return directoryAt(source, begin + at, new DataView(bytes.buffer, at, END_BYTES));
  }
  throw new FileError(`${source.name}: there is no directory at its end; expected a zip archive, whole`);
}

function directoryAt(source: Source, end: number, view: DataView): Directory {
  const fields = [view.getUint16(8, true), view.getUint32(12, true), view.getUint32(16, true)];
  const disks = [view.getUint16(4, true), view.getUint16(6, true)];
  const large = fields.some((field) => ELSEWHERE.includes(field)) ? largeDirectory(source, end) : null;
  const [entries, bytes, from] = large?.fields ?? fields;
  const before = large?.end ?? end;
  if (disks.some((disk) => disk !== 0 && disk !== 0xffff) || (large === null && view.getUint16(10, true) !== entries)) {
    throw new FileError(`${source.name}: it is a part of an archive in several files; expected one that is whole`);
  }
  if (from! + bytes! > before || entries! * CENTRAL_BYTES > bytes!) {
    throw new FileError(
      `${source.name}: its directory of ${entries} entries in ${bytes} bytes at ${from} does not fit in what is before its end, ${before} bytes`,
    );
  }
  return { from: from!, bytes: bytes!, entries: entries! };
}

/** The fields of a directory's end in 64 bits, where there is one before `end`, and where it begins. */
function largeDirectory(source: Source, end: number): { fields: number[]; end: number } | null {
  if (end < LOCATOR_BYTES) return null;
  const locator = new DataView(readBytes(source, end - LOCATOR_BYTES, LOCATOR_BYTES).buffer);
  if (locator.getUint32(0, true) !== LOCATOR_64) return null;
  const from = long(locator, 8);
  const view = from + END_64_BYTES <= end - LOCATOR_BYTES ? viewAt(source, from, END_64_BYTES) : null;
  if (view?.getUint32(0, true) !== END_64) {
    throw new FileError(`${source.name}: the end of its directory in 64 bits is not at ${from}, where it should be`);
  }
  return { fields: [long(view, 32), long(view, 40), long(view, 48)], end: from };
}

function listedEntries(source: Source, directory: Directory): Listed[] {
  const bytes = readBytes(source, directory.from, directory.bytes);
  const view = new DataView(bytes.buffer);
  const entries: Listed[] = [];
  let at = 0;
  for (let i = 0; i < directory.entries; i++) {
    if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL) {
      throw new FileError(`${source.name}: entry ${i} of its directory is damaged`);
    }
    const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    const after = at + CENTRAL_BYTES + name;
    const next = after + extra + comment;
    if (next > bytes.length) throw new FileError(`${source.name}: entry ${i} of its directory is cut off`);
    const text = decodedName(source, bytes.subarray(at + CENTRAL_BYTES, after), view.getUint16(at + 8, true));
    entries.push(listed(source, text, view, at, new DataView(bytes.buffer, after, extra)));
    at = next;
  }
  if (at === bytes.length) return entries;
  throw new FileError(`${source.name}: its directory has ${bytes.length} bytes and its entries take ${at}`);
}

function listed(source: Source, name: string, view: DataView, at: number, extra: DataView): Listed {
  const where = `${source.name}: the entry ${shown(name)}`;
  const [flags, method, crc] = [
    view.getUint16(at + 8, true),
    view.getUint16(at + 10, true),
    view.getUint32(at + 16, true),
  ];
  // In this order, those that are elsewhere follow each other in the extra field.
  const [size, packed, header] = largeFields(
    where,
    [24, 20, 42].map((field) => view.getUint32(at + field, true)),
    extra,
  );
  if ((flags & ENCRYPTED) !== 0) throw new FileError(`${where} is encrypted; expected one that is not`);
  if (method !== 0 && method !== 8) {
    throw new FileError(`${where} is compressed by method ${method}; expected 0 (stored) or 8 (deflated)`);
  }
  const deflated = method === 8;
  if (deflated ? !canInflateTo(size!, packed!) : size !== packed) {
    const how = deflated ? "deflated" : "stored";
    throw new FileError(`${where} says that ${packed} bytes ${how} are ${size} bytes, which cannot be`);
  }
  return { name, deflated, crc, packed: packed!, size: size!, header: header! };
}

/** Numbers of 32 bits, or of 64 from the extra field where they are there. */
function largeFields(where: string, fields: readonly number[], extra: DataView): number[] {
  if (!fields.some((field) => field === 0xffffffff)) return [...fields];
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    const end = Math.min(extra.byteLength, next + extra.getUint16(at + 2, true));
    return fields.map((field) => {
      if (field !== 0xffffffff) return field;
      next += 8;
      if (next > end) throw new FileError(`${where} lacks a number in 64 bits`);
      return long(extra, next - 8);
    });
  }
  throw new FileError(`${where} lacks its numbers in 64 bits`);
}

function located(source: Source, { header, ...entry }: Listed, directory: Directory): ZipEntry {
  const where = `${source.name}: the entry ${shown(entry.name)}`;
  const view = header + LOCAL_BYTES <= directory.from ? viewAt(source, header, LOCAL_BYTES) : null;
  if (view?.getUint32(0, true) !== LOCAL) throw new FileError(`${where} is not at ${header}, where it should be`);
  const after = header + LOCAL_BYTES + view.getUint16(26, true);
  const from = after + view.getUint16(28, true);
  if (from + entry.packed > directory.from) {
    throw new FileError(`${where} has ${entry.packed} bytes at ${from}, beyond where the directory begins`);
  }
  const name = readBytes(source, header + LOCAL_BYTES, after - header - LOCAL_BYTES);
  if (
    decodedName(source, name, view.getUint16(6, true)) !== entry.name ||
    (view.getUint16(8, true) === 8) !== entry.deflated
  ) {
    throw new FileError(`${where} has another name or method at its place than in the directory`);
  }
  return { ...entry, from };
}

/** Checks that no entry, from its header to its last byte, lies in another. */
function checkPlaces(source: Source, listed: readonly Listed[], entries: readonly ZipEntry[]): void {
  const places = entries.map(({ name, from, packed }, i) => ({ name, begin: listed[i]!.header, end: from + packed }));
  places.sort((a, b) => a.begin - b.begin);
  for (let i = 1; i < places.length; i++) {
    if (places[i]!.begin >= places[i - 1]!.end) continue;
    const [a, b] = [places[i - 1]!, places[i]!].map(({ name }) => shown(name));
    throw new FileError(`${source.name}: the entries ${a} and ${b} overlap`);
  }
}

function decodedName(source: Source, bytes: Uint8Array, flags: number): string {
  try {
    // Without the flag it is in another encoding, of which ASCII is what both have.
    const utf8 = (flags & 0x800) !== 0;
    if (!utf8 && bytes.some((byte) => byte > 127)) throw new RangeError("no ASCII");
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FileError(`${source.name}: the name of an entry is neither ASCII nor marked as UTF-8`);
  }
}

function viewAt(source: Source, from: number, length: number): DataView {
  return new DataView(readBytes(source, from, length).buffer);
}

/** A number of 64 bits; not exact above 2 ** 53, where it is beyond every file. */
function long(view: DataView, at: number): number {
  return view.getUint32(at, true) + 2 ** 32 * view.getUint32(at + 4, true);
}
