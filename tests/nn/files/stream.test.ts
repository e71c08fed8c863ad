import { createReadStream } from "node:fs";
import { join } from "node:path";
import { array, FileError, heap, type NDArray, randomNormal, seed } from "../../../core/index.js";
import { type ByteStream, encodeSafetensors, readSafetensors, streamSafetensors } from "../../../nn/index.js";
import { GOLDEN, goldenBytes } from "./golden.js";

seed(7);
const tensors = {
  W: randomNormal([17, 5]),
  ids: array(Int32Array.of(1, -2)),
  empty: array([]),
  b: array(2, { dtype: "float64" }),
};
const bytes = encodeSafetensors(tensors, { metadata: { about: "x" } });

/** The bytes in pieces of `size`, with pieces of nothing between, and whether the generator was ended. */
function pieces(
  whole: Uint8Array,
  size: number,
): { stream: AsyncIterable<Uint8Array>; state: { ended: boolean; given: number } } {
  const state = { ended: false, given: 0 };
  async function* stream() {
    try {
      for (; state.given < whole.length; state.given += size) {
        yield whole.slice(state.given, state.given + size);
        yield new Uint8Array(0);
      }
    } finally {
      state.ended = true;
    }
  }
  return { stream: stream(), state };
}

const plain = (read: Record<string, NDArray>) => Object.entries(read).map(([name, x]) => [name, x.dtype, x.toArray()]);

describe("a file that arrives", () => {
  const whole = readSafetensors(bytes);

  test.each([1, 7, 64, 10_000])("in pieces of %d bytes is what it is as a whole", async (size) => {
    const { tensors: read, metadata } = await streamSafetensors(pieces(bytes, size).stream);
    expect(metadata).toEqual({ about: "x" });
    expect(plain(read)).toEqual(plain(whole.tensors));
  });

  test("from the disk, the net, or a stream that cannot be iterated", async () => {
    const path = join(GOLDEN, "image-model.safetensors");
    const expected = plain(readSafetensors(path, { convert: true }).tensors);
    const response = new Response(goldenBytes("image-model.safetensors"));
    const { body } = new Response(goldenBytes("image-model.safetensors"));
    const bare = { getReader: () => body!.getReader() } as ByteStream;
    for (const stream of [createReadStream(path, { highWaterMark: 100 }), response.body!, bare]) {
      const { tensors: read } = await streamSafetensors(stream, { convert: true });
      expect(plain(read)).toEqual(expected);
    }
  });

  test("gives the arrays that are asked for, converted", async () => {
    const { stream } = pieces(goldenBytes("halves.safetensors"), 5);
    const { tensors: read } = await streamSafetensors(stream, { names: ["n", "h"], convert: "float64" });
    expect(plain(read)).toEqual(
      plain(readSafetensors(goldenBytes("halves.safetensors"), { names: ["h", "n"], convert: "float64" }).tensors),
    );
  });
});

describe("a stream is refused, and told to stop,", () => {
  const claimed = encodeSafetensors({ W: array(new Float32Array(2 ** 20)) }).slice(0, 200);
  const rows: [what: string, whole: Uint8Array, message: string][] = [
    ["when it ends in its length", bytes.slice(0, 7), "ended 1 bytes too soon"],
    ["when it ends in its header", bytes.slice(0, 30), "bytes too soon; expected a whole file"],
    ["when it ends in an array", bytes.slice(0, -1), "ended 1 bytes too soon"],
    ["when it goes on", new Uint8Array([...bytes, 0]), "goes on behind the last array"],
    ["when its header would be huge", bytes.slice().fill(0xff, 0, 8), "it says that its header has"],
    ["when its header is none", bytes.slice().fill(0, 8, 20), "the header does not begin with {"],
    ["when it has less than it claims", claimed, "bytes too soon"],
  ];

  test.each(rows)("%s", async (_, whole, message) => {
    const allocate = jest.spyOn(heap, "allocate");
    const { stream, state } = pieces(whole, 9);
    const reading = streamSafetensors(stream);
    await expect(reading).rejects.toThrow(FileError);
    await expect(reading).rejects.toThrow(message);
    expect(state.ended).toBe(true);
    expect(allocate.mock.calls.reduce((sum, [count]) => sum + count, 0)).toBeLessThanOrEqual(whole.length);
    allocate.mockRestore();
  });

  test("before more than needed has come, and a reader is cancelled", async () => {
    const { stream, state } = pieces(goldenBytes("halves.safetensors"), 16);
    await expect(streamSafetensors(stream)).rejects.toThrow('has dtype "BF16"');
    expect(state.given).toBeLessThan(320);
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(20)),
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(streamSafetensors({ getReader: () => body.getReader() } as ByteStream)).rejects.toThrow(
      "header has 0",
    );
    expect(cancelled).toBe(true);
  });

  test("when it is none, or fails", async () => {
    await expect(streamSafetensors("a" as never)).rejects.toThrow('the stream is "a"; expected a ReadableStream');
    await expect(streamSafetensors(null as never)).rejects.toThrow("the stream is null; expected a ReadableStream");
    const texts = (async function* () {
      yield "text";
    })();
    await expect(streamSafetensors(texts as never)).rejects.toThrow('gave "text"; expected Uint8Arrays');
    const failing = (async function* () {
      yield bytes.slice(0, 20);
      throw new Error("the net is gone");
    })();
    await expect(streamSafetensors(failing)).rejects.toThrow("the net is gone");
    await expect(streamSafetensors(pieces(bytes, 9).stream, { all: true } as never)).rejects.toThrow(
      "unknown option all",
    );
  });
});
