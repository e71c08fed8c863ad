import { deflateRawSync } from "node:zlib";
import { array, FileError, heap, NDArray, randomNormal, seed } from "../../../core/index.js";
import {
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  FullyConnected,
  loadTorchState,
  readNpy,
  readNpz,
  readSafetensors,
} from "../../../nn/index.js";
import { goldenBytes } from "./golden.js";

/*
 * Damaged files, the same ones in each run: each is read, or refused with a FileError; and nothing is allocated that the file could
 * not fill. `RETROGRAD_FUZZ` multiplies how many there are.
 */

const TIMES = Number(process.env.RETROGRAD_FUZZ ?? 1);
/** Bytes of an array that one byte of a file can become: a uint8 that becomes int32. */
const WIDENED = 4;
/** Bytes that one byte can become when it is decompressed. */
const INFLATED = 1032;

/** Whole numbers below n: a generator of its own, so that the arrays' one is not part of it. */
function random(start: number): (n: number) => number {
  let state = start;
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % n;
  };
}

type Damage = (bytes: Uint8Array, below: (n: number) => number) => Uint8Array;

const inserted = (bytes: Uint8Array, at: number, more: Uint8Array, instead = 0) =>
  new Uint8Array([...bytes.subarray(0, at), ...more, ...bytes.subarray(at + instead)]);

/** Numbers at the ends of what fields can hold. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const TEXTS = [
  "-1",
  "1e9",
  "1e400",
  "9".repeat(30),
  "null",
  '"__proto__"',
  "[[[[",
  "{}",
  "'",
  "\\",
  "True",
  "0.5",
  "[]",
];

const DAMAGES: readonly Damage[] = [
  (bytes, below) => bytes.slice(0, below(bytes.length)),
  (bytes, below) => bytes.slice(below(bytes.length)),
  (bytes, below) => {
    const copy = bytes.slice();
    for (let i = 0; i <= below(4); i++) copy[below(copy.length)]! ^= 1 << below(8);
    return copy;
  },
  (bytes, below) => {
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    const edge = EDGES[below(EDGES.length)]!;
    if (below(2) === 0) view.setUint32(below(copy.length - 3), edge, true);
    else view.setUint16(below(copy.length - 1), edge, true);
    return copy;
  },
  (bytes, below) => {
    // A part of it once more, somewhere.
    const from = below(bytes.length);
    return inserted(bytes, below(bytes.length), bytes.slice(from, from + below(64)));
  },
  (bytes, below) => {
    const text = new TextEncoder().encode(TEXTS[below(TEXTS.length)]!);
    return inserted(bytes, below(Math.min(bytes.length, 300)), text, below(2) === 0 ? text.length : 0);
  },
  (bytes, below) => {
    // A number in a text becomes another of as many digits.
    const digits = [...bytes.keys()].filter((i) => bytes[i]! >= 0x30 && bytes[i]! <= 0x39);
    const copy = bytes.slice();
    if (digits.length > 0) copy[digits[below(digits.length)]!] = 0x30 + below(10);
    return copy;
  },
];

interface Format {
  read(bytes: Uint8Array): unknown;
  seeds: readonly Uint8Array[];
  /** How many bytes may be allocated for one byte of a file. */
  ratio: number;
  cases: number;
}

seed(11);
const arrays = {
  W: randomNormal([3, 4]),
  "a.b": array(Int32Array.of(1, 2, 3)),
  flags: array([true, false]),
  e: array([]).reshape([0, 3]),
};
const layer = () => new FullyConnected({ nOut: 3, nIn: 4 });

const FORMATS: Readonly<Record<string, Format>> = {
  safetensors: {
    read: (bytes) => readSafetensors(bytes, { convert: bytes.length % 2 === 0 }).tensors,
    seeds: [encodeSafetensors(arrays, { metadata: { a: "b" } }), goldenBytes("halves.safetensors")],
    ratio: WIDENED,
    cases: 3000,
  },
  npy: {
    read: (bytes) => ({ x: readNpy(bytes, { convert: bytes.length % 2 === 0 }) }),
    seeds: [
      "f4-big",
      "i8",
      "u1",
      "fortran",
      "version-2",
      "version-3",
      "f2",
      "bool",
      "refused-structured",
      "scalar",
    ].map((name) => goldenBytes(`${name}.npy`)),
    ratio: WIDENED,
    cases: 4000,
  },
  npz: {
    read: (bytes) => readNpz(bytes, { convert: bytes.length % 2 === 0 }),
    seeds: [encodeNpz(arrays), goldenBytes("stored.npz")],
    ratio: WIDENED,
    cases: 3000,
  },
  "npz, compressed": {
    read: (bytes) => readNpz(bytes, { convert: bytes.length % 2 === 0 }),
    seeds: [encodeNpz(arrays, { compress: true }), goldenBytes("compressed.npz")],
    ratio: WIDENED * INFLATED,
    cases: 3000,
  },
};

describe.each(Object.entries(FORMATS))("%s", (name, { read, seeds, ratio, cases }) => {
  test(`${cases} damaged files are read or refused`, () => {
    const below = random(name.length);
    const allocate = jest.spyOn(heap, "allocate");
    const empty = Object.getOwnPropertyNames(Object.prototype).join();
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < cases * TIMES; i++) {
      let bytes = seeds[i % seeds.length]!;
      for (let k = 0; k <= below(3); k++) {
        const damaged = DAMAGES[below(DAMAGES.length)]!(bytes, below);
        if (damaged.length > 4) bytes = damaged;
      }
      allocate.mockClear();
      try {
        for (const x of Object.values(read(bytes) as object)) expect(x).toBeInstanceOf(NDArray);
        outcomes.read++;
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        expect(error.message.length).toBeLessThan(1000);
        outcomes.refused++;
      }
      const allocated = allocate.mock.calls.reduce((sum, [count]) => sum + count, 0);
      expect(allocated).toBeLessThanOrEqual(ratio * bytes.length);
    }
    allocate.mockRestore();
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(empty);
    // Both happen often, or the damage is of no use.
    expect(outcomes.read).toBeGreaterThan(cases / 50);
    expect(outcomes.refused).toBeGreaterThan(cases / 3);
  });
});

test("a damaged state is loaded or refused, and a refused one changes nothing", () => {
  const below = random(5);
  const whole = [encodeSafetensors({ weight: randomNormal([3, 4]), bias: randomNormal([3]) }), goldenBytes("f4.npy")];
  const packed = encodeNpz({ weight: randomNormal([3, 4]), bias: randomNormal([3]) }, { compress: true });
  for (let i = 0; i < 1000 * TIMES; i++) {
    const model = layer();
    const before = [...model.W.toTypedArray()];
    const seeds = [...whole, packed];
    const bytes = DAMAGES[below(DAMAGES.length)]!(seeds[i % seeds.length]!, below);
    try {
      loadTorchState(model, bytes);
    } catch (error) {
      expect((error as Error).name).toMatch(/^(FileError|ArgumentError)$/);
      expect([...model.W.toTypedArray()]).toEqual(before);
    }
  }
});

test("a bomb is refused as soon as it is larger than it says", () => {
  const bomb = deflateRawSync(new Uint8Array(10 ** 7));
  const archive = encodeNpz({ a: array([1]) }, { compress: true, deflate: () => bomb });
  expect(() => readNpz(archive)).toThrow(`cannot be decompressed to ${encodeNpy(array([1])).length} bytes`);
});
