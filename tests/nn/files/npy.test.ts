import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, FileError, heap, type NDArray, randomNormal, seed } from "../../../core/index.js";
import { encodeNpy, readNpy, saveNpy } from "../../../nn/index.js";
import { expectArray, expected, GOLDEN, goldenBytes } from "./golden.js";

const folder = mkdtempSync(join(tmpdir(), "retrograd-npy-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file with a header of its own. */
function file(header: string, data: number, version = 1, magic = "\x93NUMPY"): Uint8Array {
  const prefix = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(prefix + header.length + data);
  bytes.set([...magic].map((character) => character.charCodeAt(0)));
  bytes[6] = version;
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(
    [...header].map((character) => character.charCodeAt(0)),
    prefix,
  );
  return bytes;
}

const dict = (descr: string, shape: string, fortran = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}}`;

describe("a file that NumPy wrote", () => {
  const own = ["f4", "f8", "f4-big", "f8-big", "f4-special", "i4", "i4-big", "bool", "scalar", "empty", "fortran"];
  test.each([...own, "fortran-big", "five-axes", "version-2", "version-3"])("is read as it is: %s", (name) => {
    expectArray(readNpy(join(GOLDEN, `${name}.npy`)), expected[name]!);
    expectArray(readNpy(goldenBytes(`${name}.npy`)), expected[name]!);
  });

  test("keeps its dtype, and -0", () => {
    const dtypes = { f4: "float32", "f8-big": "float64", "i4-big": "int32", bool: "bool", "f4-special": "float32" };
    for (const [name, dtype] of Object.entries(dtypes)) expect(readNpy(goldenBytes(`${name}.npy`)).dtype).toBe(dtype);
    expect(Object.is(readNpy(goldenBytes("f4-special.npy")).toTypedArray()[1], -0)).toBe(true);
  });

  test("in Fortran's order is a view, whose elements are in their places", () => {
    const x = readNpy(goldenBytes("fortran.npy"));
    expect(x.contiguous).toBe(false);
    expect(x.strides).toEqual([1, 2, 6]);
    expect(x.slice(1, 2, 3).item()).toBe(23);
  });

  const others = { f2: "float32", "f2-big": "float32", i8: "int32", "i8-big": "int32", i1: "int32", i2: "int32" };
  test.each(Object.entries({ ...others, u1: "int32", u2: "int32", u4: "int32", u8: "int32" }))(
    "of another kind is read when asked: %s",
    (name, dtype) => {
      const x = readNpy(goldenBytes(`${name}.npy`), { convert: true });
      expect(x.dtype).toBe(dtype);
      expectArray(x, expected[name]!);
      expect(() => readNpy(goldenBytes(`${name}.npy`))).toThrow(
        new RegExp(
          `is \\w+; expected float32, float64, int32 or bool, or the option convert: true, which makes it ${dtype}`,
        ),
      );
    },
  );

  test("becomes another floating-point dtype when asked, and integers stay integers", () => {
    expect(readNpy(goldenBytes("f4.npy"), { convert: "float64" }).dtype).toBe("float64");
    const halved = readNpy(goldenBytes("f8-big.npy"), { convert: "float32" });
    expect([...halved.toTypedArray()]).toEqual(expected.f8!.values.map((value) => Math.fround(value as number)));
    expect(readNpy(goldenBytes("i8.npy"), { convert: "float64" }).dtype).toBe("int32");
    expect(readNpy(goldenBytes("bool.npy"), { convert: "float32" }).dtype).toBe("bool");
  });

  test("with integers that int32 cannot hold is refused", () => {
    expect(() => readNpy(goldenBytes("i8-large.npy"), { convert: true })).toThrow(
      "readNpy: the bytes is int64 and has 2147483648; expected numbers that int32 can hold",
    );
  });

  test.each([
    ["object", "has Python objects (pickle), which can run code and are never read"],
    ["structured", "has elements [[...], [...]]"],
    ["complex", 'has elements "<c16"'],
    ["text", 'has elements "<U2"'],
    ["date", 'has elements "<M8[D]"'],
  ])("of %s is refused", (name, message) => {
    for (const convert of [false, true]) {
      expect(() => readNpy(goldenBytes(`refused-${name}.npy`), { convert })).toThrow(FileError);
    }
    expect(() => readNpy(goldenBytes(`refused-${name}.npy`))).toThrow(message);
  });
});

describe("a file that is written", () => {
  test.each(["f4", "f8", "i4", "bool", "scalar", "empty", "five-axes"])("is NumPy's, to the bit: %s", (name) => {
    const x = readNpy(goldenBytes(`${name}.npy`));
    expect(encodeNpy(x)).toEqual(goldenBytes(`${name}.npy`));
    const path = join(folder, `${name}.npy`);
    saveNpy(path, x);
    expect(new Uint8Array(readFileSync(path))).toEqual(goldenBytes(`${name}.npy`));
  });

  test("of a view has its elements in their order", () => {
    seed(1);
    const x = randomNormal([3, 4]);
    expect(readNpy(encodeNpy(x.transpose())).toArray()).toEqual(x.transpose().toArray());
    expect(readNpy(encodeNpy(x.slice(1))).toArray()).toEqual(x.slice(1).toArray());
  });

  test("has the longest of shapes", () => {
    const shape = [...new Array<number>(63).fill(1), 2];
    expect(readNpy(encodeNpy(array([1, 2]).reshape(shape))).shape).toEqual(shape);
  });
});

describe("refuses, before memory is taken, a file", () => {
  const rows: [what: string, bytes: Uint8Array, message: string][] = [
    ["of nothing", new Uint8Array(0), "has 0 bytes; expected a .npy file"],
    ["of another kind", file(dict("'<f4'", "(1,)"), 4, 1, "\x92NUMPY"), "does not begin with \\x93NUMPY"],
    ["of another version", file(dict("'<f4'", "(1,)"), 4, 4), "has version 4.0; expected 1.0, 2.0 or 3.0"],
    ["of version 2 that ends in its length", file("", 0, 2).slice(0, 11), "says that its header has 11"],
    [
      "with a header longer than it",
      file(dict("'<f4'", "(1,)"), 0).slice(0, 40),
      "has 40 bytes and says that its header",
    ],
    ["with a huge header", file(" ".repeat(10_001), 4), "says that its header has 10001; expected"],
    ["with a header that is no dict", file("(1, 2)", 4), "the header is [1, 2]; expected a dict"],
    ["with a header that is a program", file("__import__('os').system('true')", 4), 'there is "__import__('],
    ["with a call in it", file(dict("'<f4'", "tuple([1])"), 4), 'there is "tuple([1])'],
    ["with arithmetic in it", file(dict("'<f4'", "(2*3,)"), 4), 'there is "*3,)}"; expected a comma or )'],
    ["with a key missing", file("{'descr': '<f4', 'shape': (1,)}", 4), "the header has"],
    ["with a key too many", file(`${dict("'<f4'", "(1,)").slice(0, -1)}, '__proto__': 1}`, 4), "expected descr, fort"],
    ["with a key twice", file("{'shape': (1,), 'shape': (1,)}", 4), "the key 'shape' is there twice"],
    ["with a key that is no text", file("{1: 2}", 4), "a key of a dict is no text"],
    ["with an open quote", file("{'descr", 4), "a quote is not closed"],
    ["with a backslash", file("{'a\\x41': 1}", 4), "has a backslash"],
    ["with more behind the dict", file(`${dict("'<f4'", "(1,)")} 1`, 4), "expected nothing more"],
    ["that is nested deep", file("(".repeat(9000), 4), "nested more than 16 deep"],
    ["with dicts nested deep", file("{'a':".repeat(1800), 4), "nested more than 16 deep"],
    ["that is cut off in a list", file("(1, ", 4), "it ends where a value should be"],
    ["with an order that is no bool", file(dict("'<f4'", "(1,)", "0"), 4), "fortran_order is 0"],
    ["with a negative length", file(dict("'<f4'", "(-1,)"), 4), "the shape is [-1]"],
    ["with a length that is no number", file(dict("'<f4'", "('1',)"), 4), 'the shape is ["1"]'],
    ["with a shape that is a number", file(dict("'<f4'", "1"), 4), "the shape is 1"],
    ["with too many axes", file(dict("'<f4'", `(${"1,".repeat(65)})`), 4), "the shape is a list of 65"],
    ["with lengths beyond all numbers", file(dict("'<f4'", "(4294967296, 4294967296)"), 4), "the shape is [42949"],
    ["with such lengths and a 0", file(dict("'<f4'", "(0, 4294967296, 4294967296)"), 0), "the shape is [0, 4294"],
    ["with a length of a thousand digits", file(dict("'<f4'", `(${"9".repeat(1000)},)`), 4), "the shape is [Infinity]"],
    ["of an unknown type", file(dict("'<q4'", "(1,)"), 4), 'has elements "<q4"'],
    ["of a type without a byte order", file(dict("'f4'", "(1,)"), 4), 'has elements "f4"'],
    ["of the machine's byte order", file(dict("'=f4'", "(1,)"), 4), 'has elements "=f4"'],
    ["of the type of something inherited", file(dict("'<constructor'", "(1,)"), 4), 'has elements "<constructor"'],
    ["of a type that is none", file(dict("None", "(1,)"), 4), "has elements null"],
    [
      "that is cut off",
      file(dict("'<f4'", "(2,)"), 7),
      "its elements take 8 bytes and it has 7 for them: it is cut off",
    ],
    ["with more behind", file(dict("'<f4'", "(2,)"), 9), "there is something else behind"],
    ["that claims terabytes", file(dict("'<f8'", "(1099511627776,)"), 8), "it is cut off"],
    ["with a header of version 3 that is no UTF-8", file("{'\xff", 4, 3), "the header is no UTF-8 text"],
  ];

  test.each(rows)("%s", (_, bytes, message) => {
    const before = heap.statistics().used;
    expect(() => readNpy(bytes)).toThrow(FileError);
    expect(() => readNpy(bytes)).toThrow(message);
    expect(heap.statistics().used).toBe(before);
  });

  test("whose bools are neither 0 nor 1", () => {
    const bytes = encodeNpy(array([true, false]));
    bytes[bytes.length - 1] = 2;
    expect(() => readNpy(bytes)).toThrow("is bool and has other bytes than 0 and 1");
  });
});

test("the spellings of Python are read", () => {
  const spellings = [
    `{"descr": "<f4", "fortran_order": False, "shape": (1L, 2L, ), }`,
    `{'shape':(1,2),'fortran_order':False,'descr':'<f4'}\n`,
    `  { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : [1, 2] }  `,
  ];
  for (const header of spellings) expect(readNpy(file(header, 8)).shape).toEqual([1, 2]);
  expect(readNpy(file(dict("'|i1'", "(1,)"), 1), { convert: true }).dtype).toBe("int32");
  expect(readNpy(file(dict("'?'", "()"), 1)).dtype).toBe("bool");
});

test("bytes come in any form", () => {
  const bytes = goldenBytes("i4.npy");
  const padded = new Uint8Array(bytes.length + 8);
  padded.set(bytes, 4);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  const forms: unknown[] = [
    ...[bytes, bytes.slice().buffer, new DataView(padded.buffer, 4, bytes.length), padded.subarray(4, -4), shared],
    ...[structuredClone(bytes), new Int32Array(bytes.slice().buffer)],
  ];
  for (const form of forms) expectArray(readNpy(form as Uint8Array), expected.i4!);
});

test("bad arguments are refused, and no file comes of them", () => {
  const path = join(folder, "fresh.npy");
  expect(() => saveNpy(path, [1] as unknown as NDArray)).toThrow("saveNpy: the array is [1]; expected an NDArray");
  expect(() => encodeNpy(null as never)).toThrow("encodeNpy: the array is null; expected an NDArray");
  expect(() => readNpy(7 as never)).toThrow("readNpy: the source is 7; expected a path, or bytes");
  expect(() => readNpy(path)).toThrow("ENOENT");
  expect(() => readNpy(path, { convert: "int32" as never })).toThrow('convert is "int32"; expected false or true or');
  expect(() => readNpy(path, { dtype: "float32" } as never)).toThrow("unknown option dtype; expected some of convert");
  expect(existsSync(path)).toBe(false);
});
