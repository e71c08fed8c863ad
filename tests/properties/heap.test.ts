import fc from "fast-check";
import { Allocator, roundedBytes } from "../../core/allocator.js";
import { array } from "../../core/creation.js";
import { heap } from "../../core/heap.js";
import { NDArray } from "../../core/ndarray.js";
import { Generator } from "../../core/rng.js";
import { generate } from "../fuzz/generate.js";
import { execute, type Outcome } from "../fuzz/program.js";

fc.configureGlobal({ seed: 1 });

type Request = { take: number } | { give: number } | { add: number };

const requests: fc.Arbitrary<Request> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 5000 }) }) },
  { weight: 1, arbitrary: fc.record({ take: fc.integer({ min: 5000, max: 300_000 }) }) },
  { weight: 5, arbitrary: fc.record({ give: fc.nat(1000) }) },
  { weight: 1, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 2000 }) }) },
);

test("the allocator: no overlap, nothing lost, everything can be had back in as many pieces as there were ranges", () => {
  fc.assert(
    fc.property(fc.array(requests, { maxLength: 120 }), (steps) => {
      const allocator = new Allocator();
      /** Which 128 bytes are whose: 0 for free ones, undefined for those that were never given. */
      const owner: (number | undefined)[] = [];
      const taken = new Map<number, { address: number; bytes: number }>();
      let next = 1;
      let end = 128;
      let total = 0;
      for (const step of steps) {
        if ("add" in step) {
          // Now and then a gap, so that not all ranges are neighbours.
          if (step.add % 3 === 0) end += 128;
          allocator.addRange(end, 128 * step.add);
          for (let i = 0; i < step.add; i++) owner[end / 128 + i] = 0;
          end += 128 * step.add;
          total += 128 * step.add;
        } else if ("take" in step) {
          const bytes = step.take;
          const address = allocator.takeExact(bytes) || allocator.takeAny(bytes);
          if (address === 0) {
            expect(longestFree(owner)).toBeLessThan(roundedBytes(bytes));
            continue;
          }
          for (let i = 0; i < roundedBytes(bytes) / 128; i++) {
            expect(owner[address / 128 + i]).toBe(0);
            owner[address / 128 + i] = next;
          }
          taken.set(next++, { address, bytes });
        } else if (taken.size > 0) {
          const [id, { address, bytes }] = [...taken][step.give % taken.size]!;
          allocator.give(address, bytes);
          for (let i = 0; i < roundedBytes(bytes) / 128; i++) owner[address / 128 + i] = 0;
          taken.delete(id);
        }
        expect(allocator.freeBytes).toBe(128 * owner.filter((who) => who === 0).length);
      }
      for (const { address, bytes } of taken.values()) allocator.give(address, bytes);
      expect(allocator.freeBytes).toBe(total);
    }),
    { numRuns: 200 },
  );
});

/** The longest run of free bytes. */
function longestFree(owner: readonly (number | undefined)[]): number {
  let [longest, run] = [0, 0];
  for (let i = 0; i < owner.length; i++) {
    run = owner[i] === 0 ? run + 128 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

type Move =
  | { allocate: number; into: number; large: boolean }
  | { drop: number }
  | { view: number; into: number }
  | { sweep: true }
  | { release: number };

const SLOTS = 12;
const slot = fc.nat(SLOTS - 1);
const moves: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ allocate: fc.integer({ min: 0, max: 900 }), into: slot, large: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ drop: slot }) },
  { weight: 3, arbitrary: fc.record({ view: slot, into: slot }) },
  { weight: 1, arbitrary: fc.record({ release: slot }) },
  { weight: 1, arbitrary: fc.constant({ sweep: true as const }) },
);

test("the heap: arrays that are held, or of which a view is held, keep what is in them through any sweeps", () => {
  let sweeps = 0;
  fc.assert(
    fc.property(fc.array(moves, { maxLength: 60 }), (steps) => {
      const held: ({ x: NDArray; value: number } | null)[] = new Array(SLOTS).fill(null);
      steps.forEach((step, i) => {
        if ("allocate" in step) {
          const size = step.large ? 300 + 40 * step.allocate : step.allocate % 250;
          held[step.into] = { x: array(new Float32Array(size).fill(i + 1)), value: i + 1 };
        } else if ("drop" in step) held[step.drop] = null;
        else if ("view" in step) {
          const source = held[step.view];
          if (source) held[step.into] = { x: source.x.reshape([-1, 1]).transpose(), value: source.value };
        } else if ("release" in step) release(held, step.release);
        else if (++sweeps % 2 === 0) heap.sweep();
        for (const one of held) {
          if (one) expect(one.x.toTypedArray().every((v) => v === one.value)).toBe(true);
        }
      });
    }),
    { numRuns: 100 },
  );
  expect(sweeps).toBeGreaterThan(30);
});

/** Gives an array back at once, if nothing else that is held lies in its memory. */
function release(held: ({ x: NDArray } | null)[], index: number): void {
  const one = held[index];
  if (!one) return;
  const { storage } = one.x;
  if (held.some((other, i) => i !== index && other?.x.storage === storage)) return;
  held[index] = null;
  heap.release(storage);
}

/** What the heap does inside, as far as the test below makes it do it otherwise. */
interface Inside {
  allocate(bytes: number): number;
  allocateLarge(bytes: number): number;
  allocator: Allocator;
}

/** Runs `f` on a heap where each array has memory of its own, free memory is full of NaN, and every so many allocations sweep. */
function onHostileHeap<T>(every: number, f: () => T): T {
  const inside = heap as unknown as Inside;
  // The heap is that of the process, made perhaps with another copy of the class than the one that is imported here.
  const { allocator } = inside;
  const give = allocator.give.bind(allocator);
  const g = new Generator(every);
  inside.allocate = (bytes) => {
    if (g.integer(every) === 0) heap.sweep();
    return inside.allocateLarge(Math.max(bytes, 1));
  };
  allocator.give = (address, bytes) => {
    heap.u8.fill(0xff, address, address + bytes);
    give(address, bytes);
  };
  try {
    return f();
  } finally {
    delete (inside as Partial<Inside>).allocate;
    delete (allocator as Partial<Allocator>).give;
  }
}

function bytesOf({ values, first, again, second }: Outcome): string[] {
  return [...values, ...first, ...again, ...second].map((x) => Buffer.from(x.toTypedArray().buffer).toString("hex"));
}

test("programs and their gradients are the same to the bit when sweeps come at any allocation and free memory is poisoned", () => {
  heap.sweep();
  const before = heap.statistics().sweeps;
  for (let seed = 1; seed <= 70; seed++) {
    const program = generate(5000 + seed);
    const calm = bytesOf(execute(program));
    const hostile = onHostileHeap(140, () => bytesOf(execute(program)));
    if (hostile.join() !== calm.join()) throw new Error(`seed ${5000 + seed} differs on the hostile heap`);
  }
  expect(heap.statistics().sweeps - before).toBeGreaterThan(20);
});

test("the hostile heap shows use after release", () => {
  const values = onHostileHeap(1e9, () => {
    const x = array([1, 2, 3]);
    const { address } = x;
    heap.release(x.storage);
    return Array.from(heap.f32.subarray(address >>> 2, (address >>> 2) + 3));
  });
  expect(values).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(NDArray.empty([3], "float32").storage.slab).toBe(true);
});
