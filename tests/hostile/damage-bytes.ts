import { type Below, pick } from "./chance.js";

type Damage = (bytes: Uint8Array, below: Below) => Uint8Array;

const inserted = (bytes: Uint8Array, at: number, more: Uint8Array, instead = 0) =>
  new Uint8Array([...bytes.subarray(0, at), ...more, ...bytes.subarray(at + instead)]);

/** Numbers at the ends of what fields can hold. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const TEXTS = [
  "-1",
  "1e9",
  "1e400",
  "-0",
  "NaN",
  "9".repeat(30),
  "null",
  '"__proto__"',
  '"constructor"',
  '{"__proto__":1}',
  "[[[[",
  "[".repeat(3000),
  '{"a":'.repeat(1000),
  "{}",
  "'",
  "\\",
  "\\ud800",
  "True",
  "0.5",
  "[]",
  ",",
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
    const edge = pick(EDGES, below);
    if (below(2) === 0) view.setUint32(below(copy.length - 3), edge, true);
    else view.setUint16(below(copy.length - 1), edge, true);
    return copy;
  },
  (bytes, below) => {
    // A part of it once more, somewhere: keys that are there twice, arrays that overlap.
    const from = below(bytes.length);
    return inserted(bytes, below(bytes.length), bytes.slice(from, from + below(64)));
  },
  (bytes, below) => {
    const text = new TextEncoder().encode(pick(TEXTS, below));
    return inserted(bytes, below(Math.min(bytes.length, 300)), text, below(2) === 0 ? text.length : 0);
  },
  (bytes, below) => {
    // A number in a text becomes another of as many digits.
    const digits = [...bytes.keys()].filter((i) => bytes[i]! >= 0x30 && bytes[i]! <= 0x39);
    const copy = bytes.slice();
    if (digits.length > 0) copy[pick(digits, below)] = 0x30 + below(10);
    return copy;
  },
  (bytes, below) => {
    // Bytes that are no UTF-8.
    const copy = bytes.slice();
    copy.set([0xff, 0xc0, 0x80].slice(0, 1 + below(3)), below(copy.length - 3));
    return copy;
  },
];

/** `bytes` with up to three kinds of damage: bits flipped, ends cut off, fields at their limits, parts twice, texts put in. */
export function damagedBytes(bytes: Uint8Array, below: Below): Uint8Array {
  let result = bytes;
  // Once, mostly: much damage is seen at once.
  for (let i = 0; i <= below(2) * below(3); i++) {
    const damaged = pick(DAMAGES, below)(result, below);
    if (damaged.length > 4) result = damaged;
  }
  return result;
}
