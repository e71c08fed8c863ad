import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { array, FileError, heap, randomNormal, seed } from "../../../core/index.js";
import { crc32 } from "../../../nn/files/crc32.js";
import { encodeNpy, encodeNpz, readNpz, saveNpz } from "../../../nn/index.js";
import { expectArray, expected, GOLDEN, goldenBytes } from "./golden.js";

const folder = mkdtempSync(join(tmpdir(), "retrograd-npz-"));
const path = join(folder, "a.npz");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("an archive that NumPy wrote", () => {
  test.each(["stored.npz", "compressed.npz"])("is read as it is, in its order: %s", (name) => {
    for (const source of [join(GOLDEN, name), goldenBytes(name)]) {
      const arrays = readNpz(source);
      expect(Object.keys(arrays).slice(0, 5)).toEqual(["W", "a.b/c", "größe", "f", "big"]);
      for (const [key, value] of Object.entries(expected.npz!)) expectArray(arrays[key]!, value);
    }
    expect(readNpz(goldenBytes("compressed.npz")).zeros!.toTypedArray()).toEqual(new Float32Array(5000));
  });

  test("gives the arrays that are asked for, and names those that there are not", () => {
    expect(Object.keys(readNpz(goldenBytes("stored.npz"), { names: ["f", "W", "f"] }))).toEqual(["f", "W"]);
    expect(() => readNpz(goldenBytes("stored.npz"), { names: ["x", "W", "y"] })).toThrow(
      'readNpz: the bytes: there is no array "x", "y"; expected some of ["W", "a.b/c", "größe", "f", "big"]',
    );
  });

  test("is converted when asked", () => {
    const arrays = readNpz(goldenBytes("stored.npz"), { convert: "float32" });
    expect(Object.values(arrays).map(({ dtype }) => dtype)).toEqual(["float32", "int32", "bool", "float32", "float32"]);
  });

  test("of PyTorch's pickles is refused with a way out", () => {
    expect(() => readNpz(join(GOLDEN, "refused-pickle.pt"))).toThrow(
      /is a pickle of PyTorch, which can run code and is never read; expected the state dict in safetensors/,
    );
  });
});

describe("an archive that is written", () => {
  const arrays = {
    W: array([
      [1, 2, 3],
      [4, 5, -0],
    ]),
    "größe/a.b": array(Int32Array.of(7)),
    "a.npy": array(1 / 3, { dtype: "float64" }),
    empty: array([]),
    flags: array([true, false]),
  };

  test.each([false, true])("comes back as it was: compress %s", (compress) => {
    saveNpz(path, arrays, { compress });
    expect(new Uint8Array(readFileSync(path))).toEqual(encodeNpz(arrays, { compress }));
    const read = readNpz(path);
    expect(Object.keys(read)).toEqual(Object.keys(arrays));
    for (const [name, value] of Object.entries(arrays)) {
      expect([read[name]!.dtype, read[name]!.shape]).toEqual([value.dtype, value.shape]);
      expect(read[name]!.toTypedArray()).toEqual(value.toTypedArray());
    }
  });

  test("is smaller when it is compressed", () => {
    const zeros = { zeros: array(new Float32Array(100_000)) };
    expect(encodeNpz(zeros).length).toBe(400_000 + 128 + 2 * "zeros.npy".length + 30 + 46 + 22);
    expect(encodeNpz(zeros, { compress: true }).length).toBeLessThan(2000);
  });

  test("may be compressed by what is given, as in a browser", () => {
    const calls: string[] = [];
    const deflate = (bytes: Uint8Array) => {
      calls.push("deflate");
      return deflateRawSync(bytes);
    };
    const inflate = (bytes: Uint8Array, size: number) => {
      calls.push(`inflate ${size}`);
      return inflateRawSync(bytes);
    };
    const bytes = encodeNpz({ W: arrays.W }, { compress: true, deflate });
    expect(readNpz(bytes, { inflate }).W!.toArray()).toEqual(arrays.W.toArray());
    expect(calls).toEqual(["deflate", `inflate ${128 + 24}`]);
  });

  test("of nothing is an archive", () => {
    expect(readNpz(encodeNpz({}))).toEqual({});
  });

  test("with the names of an object's own things is harmless", () => {
    const names = ["__proto__", "constructor", "toString"];
    const bytes = encodeNpz(Object.fromEntries(names.map((name) => [name, arrays.W])));
    const read = readNpz(bytes);
    expect(Object.keys(read)).toEqual(names);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  test("of copies that are no longer used has none of memory that was taken again", () => {
    const views = Array.from({ length: 24 }, (_, i) => array(new Float32Array(2 ** 20).fill(i)).reshape([1024, 1024]));
    const bytes = encodeNpz(Object.fromEntries(views.map((x, i) => [`x${i}`, x.transpose()])));
    const read = readNpz(bytes);
    for (const i of views.keys()) expect(new Set(read[`x${i}`]!.toTypedArray())).toEqual(new Set([i]));
  });
});

/** An archive of one array with a part of it changed, which is found by what is there. */
function changed(bytes: Uint8Array, signature: number, at: number, value: number, width: 2 | 4 = 4): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (let i = copy.length - 4; i >= 0; i--) {
    if (view.getUint32(i, true) !== signature) continue;
    if (width === 2) view.setUint16(i + at, value, true);
    else view.setUint32(i + at, value, true);
    return copy;
  }
  throw new Error("not found");
}

describe("refuses, before memory is taken, an archive", () => {
  const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50] as const;
  seed(3);
  const one = encodeNpz({ a: randomNormal([4]) });
  const packed = encodeNpz({ a: array(new Float32Array(100)) }, { compress: true });
  const two = encodeNpz({ a: randomNormal([4]), b: randomNormal([4]) });
  const renamed = two.map((byte) => (byte === 0x62 ? 0x61 : byte));
  const text = new TextEncoder();
  const withComment = new Uint8Array([...one, ...text.encode("hello")]);
  const rows: [what: string, bytes: Uint8Array, message: string][] = [
    ["of nothing", new Uint8Array(0), "there is no directory at its end"],
    ["that is another file", text.encode("x".repeat(100)), "there is no directory at its end"],
    ["that is cut off", one.slice(0, -1), "there is no directory at its end"],
    ["with more behind", withComment, "there is no directory at its end"],
    ["of several files", changed(one, END, 4, 1, 2), "it is a part of an archive in several files"],
    ["of which a part is elsewhere", changed(one, END, 8, 2, 2), "it is a part of an archive in several files"],
    ["whose directory is too long", changed(one, END, 12, 2 ** 31), "does not fit in what is before its end"],
    ["whose directory is beyond the end", changed(one, END, 16, 2 ** 31), "does not fit in what is before its end"],
    [
      "whose directory has numbers in 64 bits that are not there",
      changed(one, END, 16, 2 ** 32 - 1),
      "does not fit in",
    ],
    ["whose directory is elsewhere", changed(one, END, 16, 3), "its directory is damaged"],
    ["whose directory has a long name", changed(one, CENTRAL, 28, 500, 2), "entry 0 of its directory is cut off"],
    ["whose directory has a short name", changed(one, CENTRAL, 28, 4, 2), "its directory has 51 bytes and its entries"],
    ["whose entry has another size", changed(one, CENTRAL, 24, 145), "144 bytes stored are 145 bytes, which cannot be"],
    [
      "whose entry claims gigabytes",
      changed(packed, CENTRAL, 24, 2 ** 31),
      "deflated are 2147483648 bytes, which cannot",
    ],
    [
      "whose entry has a size in 64 bits that is not there",
      changed(one, CENTRAL, 24, 2 ** 32 - 1),
      "lacks its numbers in",
    ],
    ["whose entry is encrypted", changed(one, CENTRAL, 8, 1, 2), 'the entry "a.npy" is encrypted'],
    ["whose entry is compressed otherwise", changed(one, CENTRAL, 10, 14, 2), "is compressed by method 14; expected 0"],
    ["whose entry is elsewhere", changed(one, CENTRAL, 42, 7), "is not at 7, where it should be"],
    ["whose entry is beyond the directory", changed(one, CENTRAL, 42, 2 ** 31), "is not at 2147483648"],
    ["whose entry goes into the directory", changed(one, LOCAL, 28, 100, 2), "beyond where the directory begins"],
    ["whose entry has another name at its place", changed(one, LOCAL, 30, 0x6262, 2), "has another name or method"],
    ["whose entry has another method at its place", changed(one, LOCAL, 8, 8, 2), "has another name or method"],
    ["with a name twice", renamed, 'the entry "a.npy" is there twice'],
    ["with a name in another encoding", one.map((byte) => (byte === 0x61 ? 0xe4 : byte)), "neither ASCII nor marked"],
    [
      "with a name that is no UTF-8",
      encodeNpz({ ä: array([1]) }).map((b) => (b === 0xc3 ? 0x28 : b)),
      "neither ASCII nor",
    ],
    ["with something else in it", one.map((byte) => (byte === 0x79 ? 0x7a : byte)), 'the entry "a.npz" is no array'],
    ["whose bytes are damaged", changed(one, LOCAL, 40, 7), "is damaged: its checksum is not what the archive says"],
    [
      "whose checksum is damaged",
      changed(one, CENTRAL, 16, 7),
      "is damaged: its checksum is not what the archive says",
    ],
    [
      "whose compressed bytes are damaged",
      changed(packed, LOCAL, 36, 2 ** 32 - 1),
      "cannot be decompressed to 528 bytes",
    ],
    ["that is larger than it says", changed(packed, CENTRAL, 24, 100), "cannot be decompressed to 100 bytes"],
    [
      "that is smaller than it says",
      changed(packed, CENTRAL, 24, 600),
      "has 528 bytes; expected 600, as the archive says",
    ],
  ];

  test.each(rows)("%s", (_, bytes, message) => {
    const before = heap.statistics().used;
    expect(() => readNpz(bytes)).toThrow(FileError);
    expect(() => readNpz(bytes)).toThrow(message);
    writeFileSync(path, bytes);
    expect(() => readNpz(path)).toThrow(`readNpz: ${path}`);
    expect(heap.statistics().used).toBe(before);
  });

  test("whose entries overlap", () => {
    // The directory's second entry says that its header is inside the first one's bytes, where there is one.
    const inner = encodeNpz({ b: randomNormal([2]) });
    const header = inner.slice(0, 35);
    const outer = encodeNpz({ a: array(new Int32Array(64)), b: randomNormal([2]) });
    const at = 35 + 128 + 16;
    outer.set(header, at);
    const bytes = changed(outer, CENTRAL, 42, at);
    expect(() => readNpz(bytes)).toThrow('the entries "a.npy" and "b.npy" overlap');
  });

  test("whose entries say that they have more than there is memory", () => {
    // Each could inflate to 1 GiB, by its bytes, and nothing is inflated.
    const count = 5;
    const names = Array.from({ length: count }, (_, i) => `x${i}`);
    const bytes = encodeNpz(Object.fromEntries(names.map((name) => [name, array(new Float32Array(2 ** 18))])));
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < bytes.length - 4; i++) {
      if (view.getUint32(i, true) === LOCAL) view.setUint16(i + 8, 8, true);
      if (view.getUint32(i, true) !== CENTRAL) continue;
      view.setUint16(i + 10, 8, true);
      view.setUint32(i + 24, 2 ** 30, true);
    }
    expect(() => readNpz(bytes)).toThrow("its entries say that they have more than 4294967296 bytes");
  });

  test("whose array is no array, or not of its size", () => {
    const npy = encodeNpy(array([1, 2]));
    for (const bytes of [npy.slice(0, -1), new Uint8Array([...npy, 0]), npy.slice(1), new Uint8Array(0)]) {
      const archive = withContents(bytes);
      expect(() => readNpz(archive)).toThrow(/^readNpz: the bytes: "a.npy"/);
      expect(() => readNpz(archive)).toThrow(FileError);
    }
  });

  /** An archive of one entry with these contents. */
  function withContents(contents: Uint8Array): Uint8Array {
    const [local, central, end] = [one.slice(0, 35), one.slice(-73, -22), one.slice(-22)];
    const bytes = new Uint8Array([...local, ...contents, ...central, ...end]);
    const view = new DataView(bytes.buffer);
    const from = 35 + contents.length;
    for (const field of [16, 20, 24]) {
      view.setUint32(from + field, field === 16 ? crc32(contents) : contents.length, true);
    }
    view.setUint32(from + 51 + 16, from, true);
    return bytes;
  }
});

test("an archive may have a comment, something before it, and numbers in 64 bits", () => {
  const one = encodeNpz({ a: array([1, 2]) });
  const comment = new Uint8Array([...one, 0x68, 0x69]);
  new DataView(comment.buffer).setUint16(one.length - 2, 2, true);
  expect(readNpz(comment).a!.toArray()).toEqual([1, 2]);
  expect(readNpz(large(one)).a!.toArray()).toEqual([1, 2]);
});

/** The archive of one entry with all numbers of its directory in 64 bits. */
function large(one: Uint8Array): Uint8Array {
  const directory = one.length - 22 - 51;
  const size = new DataView(one.buffer).getUint32(directory + 24, true);
  const extra = new Uint8Array(28);
  const fields = new DataView(extra.buffer);
  fields.setUint16(0, 1, true);
  fields.setUint16(2, 24, true);
  for (const [i, value] of [size, size, 0].entries()) fields.setUint32(4 + 8 * i, value, true);
  const central = one.slice(directory, -22);
  const view = new DataView(central.buffer);
  for (const field of [20, 24, 42]) view.setUint32(field, 0xffffffff, true);
  view.setUint16(30, extra.length, true);
  const end64 = new DataView(new ArrayBuffer(56));
  end64.setUint32(0, 0x06064b50, true);
  end64.setUint32(4, 44, true);
  for (const [field, value] of Object.entries({ 24: 1, 32: 1, 40: central.length + 28, 48: directory })) {
    end64.setUint32(Number(field), value, true);
  }
  const locator = new DataView(new ArrayBuffer(20));
  locator.setUint32(0, 0x07064b50, true);
  locator.setUint32(8, directory + central.length + 28, true);
  locator.setUint32(16, 1, true);
  const end = one.slice(-22);
  new DataView(end.buffer).setUint32(16, 0xffffffff, true);
  const parts = [one.slice(0, directory), central, extra, end64, locator, end];
  return new Uint8Array(parts.flatMap((part) => [...new Uint8Array(part.buffer)]));
}

test("the checksum is that of the format", () => {
  const bytes = new TextEncoder().encode("123456789");
  expect(crc32(bytes)).toBe(0xcbf43926);
  expect(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4)))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

test("bad arguments are refused, and no file comes of them", () => {
  const fresh = join(folder, "fresh.npz");
  const a = array([1]);
  expect(() => saveNpz(fresh, { a: [1] as never })).toThrow('saveNpz: "a" is [1]; expected an NDArray');
  expect(() => saveNpz(fresh, { a }, { compress: 1 as never })).toThrow("compress is 1; expected true or false");
  expect(() => saveNpz(fresh, { a }, { level: 9 } as never)).toThrow("unknown option level");
  expect(() => saveNpz(fresh, { ["x".repeat(70_000)]: a })).toThrow("is too long; expected 65535 bytes at most");
  expect(() => encodeNpz({ a }, { compress: true, deflate: 1 as never })).toThrow("deflate is 1; expected a function");
  expect(() => readNpz(encodeNpz({ a }), { inflate: "fflate" as never })).toThrow(
    'inflate is "fflate"; expected a fun',
  );
  expect(() => readNpz(encodeNpz({ a }), { names: "a" as never })).toThrow('names is "a"; expected a list of texts');
  expect(() => readNpz(encodeNpz({ a }), { convert: 1 as never })).toThrow("convert is 1");
  expect(existsSync(fresh)).toBe(false);
});
