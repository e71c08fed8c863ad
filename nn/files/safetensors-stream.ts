import { FileError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkOptions } from "../../core/options.js";
import { checkConvert, readArray } from "./elements.js";
import { type ByteStream, Incoming, piecesSource } from "./incoming.js";
import { checkNames, chosen } from "./names.js";
import type { ReadSafetensorsOptions, SafetensorsContent } from "./safetensors.js";
import { entryDType, headerLength, PREFIX, parseHeader } from "./safetensors-header.js";
import { shown } from "./shown.js";
import { readBytes } from "./source.js";

const FILE = "streamSafetensors: the stream";

/**
 * Reads a safetensors file while it arrives. Beside the arrays that are finished never more than one of them is held, and an array has no
 * memory before all of its bytes are there.
 *
 *     const response = await fetch("model.safetensors");
 *     model.loadStateDict((await streamSafetensors(response.body)).tensors);
 *
 * @throws as `readSafetensors`, and whatever the stream does. The stream is told to stop.
 */
export async function streamSafetensors(
  stream: ByteStream,
  options: ReadSafetensorsOptions = {},
): Promise<SafetensorsContent> {
  checkOptions("streamSafetensors", options, ["names", "convert"]);
  const { names = null, convert = false } = options;
  checkNames("streamSafetensors", names);
  checkConvert("streamSafetensors", convert);
  const incoming = new Incoming(FILE, stream);
  try {
    const length = headerLength(FILE, await header(incoming, PREFIX), Infinity);
    const { entries, metadata } = parseHeader(FILE, await header(incoming, length), null);
    const all = entries.map(({ name }) => name);
    const wanted = new Set(names === null ? all : chosen(FILE, names, all));
    const planned = entries.map((entry) => ({
      entry,
      dtype: wanted.has(entry.name) ? entryDType(FILE, entry, convert) : null,
    }));
    const tensors: [name: string, array: NDArray][] = [];
    for (const { entry, dtype } of planned) {
      const pieces = await incoming.take(entry.bytes, dtype !== null);
      if (dtype === null) continue;
      const where = `${FILE}: ${shown(entry.name)}`;
      const stored = { kind: entry.kind, shape: entry.shape, little: true, from: 0 };
      tensors.push([entry.name, readArray(where, piecesSource(where, pieces), stored, dtype)]);
    }
    if (!(await incoming.ended())) throw new FileError(`${FILE} goes on behind the last array; expected its end`);
    return { tensors: Object.fromEntries(tensors), metadata };
  } catch (error) {
    await incoming.stop();
    throw error;
  }
}

async function header(incoming: Incoming, length: number): Promise<Uint8Array> {
  return readBytes(piecesSource(FILE, await incoming.take(length)), 0, length);
}
