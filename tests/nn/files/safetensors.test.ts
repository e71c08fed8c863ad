import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAtomically } from "../../../core/atomic.js";
import { array, FileError, heap, randomNormal, seed } from "../../../core/index.js";
import { loadTree, saveTree, type Tree } from "../../../nn/files/tree.js";
import { encodeSafetensors, FullyConnected, readSafetensors, saveSafetensors } from "../../../nn/index.js";
import { expectArray, expected, goldenBytes } from "./golden.js";

const folder = mkdtempSync(join(tmpdir(), "retrograd-files-"));
const path = join(folder, "a.safetensors");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file of a header, as it is written or as text, and bytes. */
function file(header: unknown, data: number, length?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (shape: number[], start: number, end: number) => ({ dtype: "F32", shape, data_offsets: [start, end] });

describe("a file", () => {
  const tensors = {
    matrix: array([
      [1, 2, 3],
      [4, 5, -0],
    ]),
    "a.b.W": array([1 / 3, Number.NaN, Number.POSITIVE_INFINITY], { dtype: "float64" }),
    ids: array(Int32Array.of(-1, 2 ** 31 - 1)),
    flags: array([true, false, true]),
    scalar: array(7),
    empty: array([[], []]),
    __proto__x: array([1]),
  };

  test.each(["path", "bytes"])("comes back by its %s as it was, to the bit", (way) => {
    saveSafetensors(path, tensors, { metadata: { about: 'ü "quoted"', "": "empty" } });
    const { tensors: read, metadata } = readSafetensors(way === "path" ? path : new Uint8Array(readFileSync(path)));
    expect(metadata).toEqual({ about: 'ü "quoted"', "": "empty" });
    expect(Object.keys(read).sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, value] of Object.entries(tensors)) {
      expect(read[name]!.shape).toEqual(value.shape);
      expect(read[name]!.dtype).toBe(value.dtype);
      expect(read[name]!.toTypedArray()).toEqual(value.toTypedArray());
    }
    expect(new Uint8Array(readFileSync(path))).toEqual(
      encodeSafetensors(tensors, { metadata: { about: 'ü "quoted"', "": "empty" } }),
    );
  });

  test("is what the format says: lengths, JSON, then the elements of the widest first at multiples of their sizes", () => {
    const bytes = encodeSafetensors({ b: array([1.5, -2]), a: array([3], { dtype: "float64" }), c: array([true]) });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      a: { dtype: "F64", shape: [1], data_offsets: [0, 8] },
      b: { dtype: "F32", shape: [2], data_offsets: [8, 16] },
      c: { dtype: "BOOL", shape: [1], data_offsets: [16, 17] },
    });
    const data = new DataView(bytes.buffer, 8 + length);
    expect([data.getFloat64(0, true), data.getFloat32(8, true), data.getFloat32(12, true), data.getUint8(16)]).toEqual([
      3, 1.5, -2, 1,
    ]);
    expect(bytes.length).toBe(8 + length + 17);
  });

  test("of views has their elements in their order", () => {
    seed(1);
    const x = randomNormal([3, 4]);
    const { y, z } = readSafetensors(encodeSafetensors({ y: x.transpose(), z: x.slice(1) })).tensors;
    expect(y!.toArray()).toEqual(x.transpose().toArray());
    expect(z!.toArray()).toEqual(x.slice(1).toArray());
  });

  test("takes a layer's state there and back", () => {
    const layer = new FullyConnected({ nOut: 3, nIn: 2 });
    saveSafetensors(path, layer.stateDict());
    const other = new FullyConnected({ nOut: 3, nIn: 2 });
    other.loadStateDict(readSafetensors(path).tensors);
    expect(other.W.toArray()).toEqual(layer.W.toArray());
  });

  test("may have other readers' freedoms: metadata alone, arrays in any order, spaces behind the header", () => {
    expect(readSafetensors(file({ __metadata__: { a: "b" } }, 0))).toEqual({ tensors: {}, metadata: { a: "b" } });
    const text = `${JSON.stringify({ late: f32([1], 4, 8), early: f32([1], 0, 4) })}   `;
    expect(Object.keys(readSafetensors(file(text, 8)).tensors)).toEqual(["early", "late"]);
  });

  test("gives the arrays that are asked for, and names those that there are not", () => {
    const bytes = encodeSafetensors(tensors);
    expect(Object.keys(readSafetensors(bytes, { names: ["ids", "a.b.W"] }).tensors)).toEqual(["ids", "a.b.W"]);
    expect(() => readSafetensors(bytes, { names: ["toString"] })).toThrow(
      'there is no array "toString"; expected some of',
    );
    expect(Object.keys(readSafetensors(goldenBytes("halves.safetensors"), { names: ["w"] }).tensors)).toEqual(["w"]);
  });

  test("of PyTorch's halves and long integers is converted when asked", () => {
    const bytes = goldenBytes("halves.safetensors");
    expect(() => readSafetensors(bytes)).toThrow(
      'has dtype "BF16"; expected one of F32, F64, I32, BOOL, or with the option convert: true of F16, BF16, I8, I16, I64, U8,',
    );
    const { tensors: read, metadata } = readSafetensors(bytes, { convert: true });
    expect(metadata).toEqual({ about: "ü" });
    for (const [name, x] of Object.entries(read)) expectArray(x, expected.halves![name]!);
    expect(Object.values(read).map(({ dtype }) => dtype)).toEqual(["float32", "float32", "int32", "float32"]);
    const wide = readSafetensors(bytes, { convert: "float64" }).tensors;
    expect(Object.values(wide).map(({ dtype }) => dtype)).toEqual(["float64", "float64", "int32", "float64"]);
  });

  test.each([
    ["I8", [0x80], -128],
    ["U8", [0xff], 255],
    ["I16", [0, 0x80], -32768],
    ["U16", [0xff, 0xff], 65535],
    ["U32", [1, 0, 0, 0], 1],
    ["I64", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -1],
    ["U64", [2, 0, 0, 0, 0, 0, 0, 0], 2],
    ["F16", [1, 0], 2 ** -24],
    ["F16", [0, 0x7e], Number.NaN],
    ["BF16", [0xc0, 0x7f], Number.NaN],
  ])("may have elements %s", (dtype, bytes, value) => {
    const whole = file({ a: { dtype, shape: [1], data_offsets: [0, bytes.length] } }, bytes.length);
    whole.set(bytes, whole.length - bytes.length);
    expect(readSafetensors(whole, { convert: true }).tensors.a!.toArray()).toEqual([value]);
  });

  test.each(["U32", "U64", "I64"])("with integers that int32 cannot hold is refused: %s", (dtype) => {
    const size = dtype === "U32" ? 4 : 8;
    const whole = file({ a: { dtype, shape: [2], data_offsets: [0, 2 * size] } }, 2 * size);
    whole[whole.length - 1] = dtype === "U32" ? 0x80 : 0x7f;
    expect(() => readSafetensors(whole, { convert: true })).toThrow(
      /"a" is u?int\d\d and has \d+; expected numbers that int32/,
    );
  });

  test("of many pieces is converted, each in its place", () => {
    const count = 100_000;
    const whole = file({ a: { dtype: "U16", shape: [count], data_offsets: [0, 2 * count] } }, 2 * count);
    for (let i = 0; i < count; i++)
      new DataView(whole.buffer).setUint16(whole.length - 2 * (count - i), i % 65536, true);
    const read = readSafetensors(whole, { convert: true }).tensors.a!.toTypedArray();
    expect(read.every((value, i) => value === i % 65536)).toBe(true);
  });

  test("of copies that are no longer used has none of memory that was taken again", () => {
    const views = Array.from({ length: 24 }, (_, i) => array(new Float32Array(2 ** 20).fill(i)).reshape([1024, 1024]));
    const bytes = encodeSafetensors(Object.fromEntries(views.map((x, i) => [`x${i}`, x.transpose()])));
    const read = readSafetensors(bytes).tensors;
    for (const i of views.keys()) expect(new Set(read[`x${i}`]!.toTypedArray())).toEqual(new Set([i]));
  });

  test("with the names of an object's own things is harmless", () => {
    const text =
      '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"constructor":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}';
    const { tensors: read } = readSafetensors(file(text, 8));
    expect(Object.keys(read)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(({} as { dtype?: unknown }).dtype).toBeUndefined();
  });
});

describe("refuses, before memory is taken, a file", () => {
  const rows: [what: string, bytes: Uint8Array, message: string][] = [
    ["of nothing", new Uint8Array(0), "it has 0 bytes"],
    ["that is too short", new Uint8Array(7), "it has 7 bytes"],
    ["with an empty header", file("", 0), "its header has 0"],
    ["with a header longer than the file", file({}, 0, 3), "its header has 3"],
    ["with a header of 2^63 bytes", file({}, 0, 2 ** 63), "its header has 9223372036854776000"],
    ["with a header of 100 MB and more", file({}, 0, 100_000_001), "its header has 100000001"],
    ["with a header that is no object", file("[1,2]", 0), "the header does not begin with {"],
    ["with spaces before the header", file(" {}", 0), "the header does not begin with {"],
    ["with a header that is no JSON", file("{x}", 0), "the header is no JSON"],
    ["with a header that goes on", file("{}{}", 0), "the header is no JSON"],
    ["with a header that is no UTF-8", Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x7d), "no UTF-8"],
    [
      "with a name twice",
      file(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      "a name twice",
    ],
    [
      "with a name twice, once escaped",
      file(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      "a name twice",
    ],
    ["with metadata that is no texts", file({ __metadata__: { a: 1 } }, 0), "__metadata__ is no object of texts"],
    ["with metadata that is a list", file({ __metadata__: ["a"] }, 0), "__metadata__ is no object of texts"],
    ["with an array that is null", file({ a: null }, 0), '"a" is null; expected { dtype, shape, data_offsets }'],
    [
      "with an unknown dtype",
      file({ a: { dtype: "F16", shape: [2], data_offsets: [0, 4] } }, 4),
      '"a" has dtype "F16"; expected one of F32, F64, I32, BOOL, or with the option convert: true of F16, BF16, I8,',
    ],
    [
      "with a dtype that an object inherits",
      file({ a: { dtype: "toString", shape: [1], data_offsets: [0, 4] } }, 4),
      'has dtype "toString"',
    ],
    ["with a negative length", file({ a: f32([-1], 0, 4) }, 4), "has shape [-1]"],
    ["with half a length", file({ a: f32([0.5, 2], 0, 4) }, 4), "has shape [0.5, 2]"],
    ["with a shape that is no list", file({ a: { ...f32([1], 0, 4), shape: "1" } }, 4), 'has shape "1"'],
    ["with offsets backwards", file({ a: f32([1], 4, 0) }, 4), "has data_offsets [4, 0]"],
    ["with one offset", file({ a: { ...f32([1], 0, 4), data_offsets: [0] } }, 4), "has data_offsets [0]"],
    [
      "with a shape that needs more than the offsets have",
      file({ a: f32([2], 0, 4) }, 4),
      "is F32 (2,), which takes 8 bytes",
    ],
    [
      "with a shape whose size is beyond all numbers",
      file({ a: f32([2 ** 40, 2 ** 40], 0, 4) }, 4),
      "has shape [1099511627776, 1099511627776]; expected at most 64 lengths",
    ],
    [
      "with an empty shape of such lengths",
      file({ a: f32([0, 2 ** 40, 2 ** 40], 0, 0) }, 0),
      "of which the product is a number",
    ],
    ["with arrays that overlap", file({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), '"b" starts at 4 and overlaps'],
    [
      "with arrays that are the same bytes",
      file({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, 4),
      '"b" starts at 0 and overlaps',
    ],
    ["with a gap", file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), '"b" starts at 8 and leaves a gap'],
    ["that is cut off", file({ a: f32([2], 0, 8) }, 7), "its arrays take 8 bytes and it has 7 for them: it is cut off"],
    ["with more behind", file({ a: f32([2], 0, 8) }, 9), "there is something else behind"],
    [
      "with an unknown dtype that is long",
      file({ a: { ...f32([1], 0, 4), dtype: "x".repeat(10_000) } }, 4),
      'has dtype "xxx',
    ],
    [
      "with eight bits",
      file({ a: { ...f32([4], 0, 4), dtype: "F8_E4M3" } }, 4),
      'has dtype "F8_E4M3"; expected one of F32',
    ],
    [
      "with a shape nested deep",
      file(`{"a":{"dtype":"F32","shape":${"[".repeat(9e5)}${"]".repeat(9e5)},"data_offsets":[0,4]}}`, 4),
      "has shape [[...]]",
    ],
    [
      "with offsets nested deep",
      file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":${"[".repeat(9e5)}${"]".repeat(9e5)}}}`, 4),
      "has data_offsets [[...]]",
    ],
    ["with too many axes", file({ a: f32(new Array(65).fill(1), 0, 4) }, 4), '"a" has shape a list of 65'],
    ["that claims terabytes", file({ a: f32([2 ** 40], 0, 2 ** 42) }, 4), "it is cut off"],
  ];

  test.each(rows)("%s", (_, bytes, message) => {
    const before = heap.statistics().used;
    expect(() => readSafetensors(bytes)).toThrow(FileError);
    expect(() => readSafetensors(bytes)).toThrow(message);
    writeFileSync(path, bytes);
    expect(() => readSafetensors(path)).toThrow(`readSafetensors: ${path}: `);
    expect(heap.statistics().used).toBe(before);
  });

  test("whose bools are neither 0 nor 1", () => {
    const bytes = encodeSafetensors({ a: array([true, false]) });
    bytes[bytes.length - 1] = 2;
    expect(() => readSafetensors(bytes)).toThrow('"a" is bool and has other bytes than 0 and 1');
  });

  test("at any place cut off, and with any bit of its header turned over, or reads it as it is", () => {
    const whole = encodeSafetensors({ a: array([1, 2]), b: array([true]) }, { metadata: { k: "v" } });
    for (let end = 0; end < whole.length; end++) {
      expect(() => readSafetensors(whole.slice(0, end))).toThrow(FileError);
    }
    for (let i = 0; i < whole.length - 9; i++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = whole.slice();
        changed[i]! ^= 1 << bit;
        try {
          readSafetensors(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(FileError);
        }
      }
    }
  });
});

test("bad arguments are refused, and no file comes of them", () => {
  const fresh = join(folder, "fresh.safetensors");
  expect(() => saveSafetensors(fresh, { a: [1] as never })).toThrow('saveSafetensors: "a" is [1]; expected an NDArray');
  expect(() => saveSafetensors(fresh, { __metadata__: array([1]) })).toThrow("named __metadata__");
  expect(() => saveSafetensors(fresh, {}, { metadata: { a: 1 as never } })).toThrow(
    'the metadata "a" is 1; expected a text',
  );
  expect(() => saveSafetensors(fresh, {}, { meta: {} } as never)).toThrow("unknown option meta");
  expect(() => readSafetensors(3 as never)).toThrow("the source is 3; expected a path, or bytes");
  expect(() => readSafetensors(fresh)).toThrow("ENOENT");
  expect(() => readSafetensors(fresh, { names: [1] as never })).toThrow("names is [1]; expected a list of texts");
  expect(() => readSafetensors(fresh, { convert: "F32" as never })).toThrow(
    'convert is "F32"; expected false or true or',
  );
  expect(() => readSafetensors(fresh, { dtype: "float32" } as never)).toThrow("unknown option dtype");
  expect(existsSync(fresh)).toBe(false);
});

test("a write that fails leaves the file as it was, and nothing beside it", () => {
  const kept = join(folder, "kept");
  writeFileSync(kept, "before");
  const portions = [
    () => Uint8Array.of(1, 2),
    () => {
      throw new Error("the disk is full");
    },
  ];
  expect(() => writeAtomically("test", kept, portions)).toThrow("the disk is full");
  expect(readFileSync(kept, "utf8")).toBe("before");
  expect(readdirSync(folder).filter((name) => name.startsWith("kept"))).toEqual(["kept"]);
});

describe("a tree", () => {
  const tree: Tree = {
    numbers: [
      0,
      -0,
      1 / 3,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      5e-324,
      1.7976931348623157e308,
    ],
    "a.b": { c: array([1, 2]) },
    a: { "b.c": array([3], { dtype: "float64" }), left: undefined },
    text: "ü",
    nothing: null,
    yes: true,
    ["__proto__"]: { polluted: 1 },
  };

  test("comes back as it was", () => {
    saveTree(path, "test", tree);
    const read = loadTree(path, "test") as Record<string, Tree> & { numbers: number[] };
    expect(Object.keys(read)).toEqual(Object.keys(tree));
    expect(read.numbers.every((value, i) => Object.is(value, (tree.numbers as number[])[i]))).toBe(true);
    const { "a.b": first, a: second } = read as unknown as { "a.b": { c: typeof ids }; a: { "b.c": typeof ids } };
    const ids = array([1]);
    expect(first.c.toArray()).toEqual([1, 2]);
    expect(second["b.c"].dtype).toBe("float64");
    expect(Object.keys(second)).toEqual(["b.c"]);
    expect(Object.getOwnPropertyDescriptor(read, "__proto__")!.value).toEqual({ polluted: 1 });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("refuses what it cannot keep, naming the place", () => {
    expect(() => saveTree(path, "test", { a: [1, () => 1] } as never)).toThrow(
      "a state has the function without a name at a.1",
    );
    expect(() => saveTree(path, "test", { a: new Map() } as never)).toThrow("a state has a Map at a");
    expect(() => saveTree(path, "test", { a: { $tensor: "x" } })).toThrow("a state has the key $tensor at a");
  });

  test("is not read from another file, or of another kind", () => {
    saveTree(path, "test", tree);
    expect(() => loadTree(path, "trainer")).toThrow('kind "test"; expected retrograd.tree.1 and trainer');
    saveSafetensors(path, { a: array([1]) });
    expect(() => loadTree(path, "test")).toThrow("it has format undefined");
    const metadata = { format: "retrograd.tree.1", kind: "test" };
    for (const text of ['{"$tensor":"b"}', '[{"$tensor":"a"},{"$tensor":"a"}]', "{", '{"$tensor":"toString"}']) {
      saveSafetensors(path, { a: array([1]) }, { metadata: { ...metadata, tree: text } });
      expect(() => loadTree(path, "test")).toThrow(`${path}: its tree cannot be read`);
    }
  });
});
