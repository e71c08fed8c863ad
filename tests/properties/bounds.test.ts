import * as scratch from "../../core/backend/wasm/scratch.js";
import { heap } from "../../core/heap.js";
import { functionCases } from "../functions/table/index.js";
import { run } from "../functions/table/run.js";
import { inMode, modes } from "../fuzz/modes.js";

/*
 * Nothing writes outside of what it allocated: while each function of the table runs, forward and backward, there is a strip of known
 * bytes before and behind everything that is allocated, and nothing is given back.
 */

const STRIP = 64;
const PATTERN = 0xa5;
/** The version of an allocation lies right before it (core/heap.ts), and may change. */
const VERSION = 4;

/** Runs `f`, and says how many strips were written to. */
function stripsWrittenTo(f: () => void): number {
  const starts: { before: number; behind: number }[] = [];
  const allocate = heap.allocate.bind(heap);
  const spies = [
    jest.spyOn(heap, "release").mockReturnValue(),
    jest.spyOn(heap, "sweep").mockReturnValue(),
    // Else it would be what the largest use so far needed.
    jest.spyOn(scratch, "scratchOf").mockImplementation((bytes) => heap.allocate(bytes)),
    jest.spyOn(heap, "allocate").mockImplementation((bytes) => {
      const before = allocate(bytes + 2 * STRIP);
      const address = before + STRIP;
      starts.push({ before, behind: address + bytes });
      heap.u8.fill(PATTERN, before, address - VERSION);
      heap.i32[address / 4 - 1] = 0;
      heap.u8.fill(PATTERN, address + bytes, address + bytes + STRIP);
      return address;
    }),
  ];
  try {
    f();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const written = (from: number, to: number) => heap.u8.subarray(from, to).some((byte) => byte !== PATTERN);
  return starts.filter(
    ({ before, behind }) => written(before, before + STRIP - VERSION) || written(behind, behind + STRIP),
  ).length;
}

describe.each(modes)("%s", (mode) => {
  test.each(["float32", "float64"] as const)("no function writes outside of its arrays, in %s", (dtype) => {
    const wrong = functionCases.filter((fc) => inMode(mode, () => stripsWrittenTo(() => run(fc, dtype))) > 0);
    expect(wrong.map(({ name, label }) => `${name}: ${label}`)).toEqual([]);
  });
});

test.each([
  ["the last byte before the version", -VERSION - 1],
  ["the first byte behind", 12],
  ["far behind", 12 + STRIP - 1],
])("a write outside is noticed: %s", (_, offset) => {
  const write = (at: number) =>
    stripsWrittenTo(() => {
      const address = heap.allocate(12);
      heap.u8[address + at] = 1;
    });
  expect(write(offset)).toBe(1);
  expect([write(0), write(11), write(-VERSION)]).toEqual([0, 0, 0]);
});
