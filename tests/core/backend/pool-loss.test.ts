import { Pool } from "../../../core/backend/pool.js";
import { claimOf, JOB_SHIFT, PARKED, SEQUENCE } from "../../../core/backend/pool-protocol.js";
import { base } from "../../../core/backend/wasm/modules.js";
import { filled } from "../../../core/numeric.js";
import { nextTurn, type WorkerThread } from "../../../core/platform.js";

/* Workers that end: before they take a part, in the middle of one, and while they are parked. */

interface Inside {
  control: Int32Array;
  workers: (WorkerThread | undefined)[];
  starts: number;
}
const THREADS = 3;
const PARTS = 8;

let pool: Pool;
const inside = (): Inside => pool as unknown as Inside;
const until = async (condition: () => boolean) => {
  while (!condition()) await nextTurn();
};
const spin = (condition: () => boolean) => {
  while (!condition());
};
const allUp = () => {
  pool.start();
  pool.publish(base.number, base.binaries);
  return until(() => pool.ready === THREADS - 1);
};

beforeEach(async () => {
  pool = new Pool();
  pool.threads = THREADS;
  await allUp();
});

afterEach(() => {
  pool.threads = 1;
  for (const worker of inside().workers) worker?.terminate();
});

const SUM = base.indexOf("sum_f32");
const sum = base.functions.sum_f32!;
const x = filled([1024], 0.5, "float32");
const out = filled([PARTS], 0, "float32");

/** Part `i` of a job that sums x up into out[i], `times` times over. */
const sumInto = (i: number, times: number): number[] => [
  ...[x.address, times, 1024, 1, 0, 1],
  ...[out.address + 4 * i, 0, 0],
];
const LONG = 1e8;

/**
 * A job of sums, each of which takes minutes in a worker and no time here. The main thread lets the workers take theirs and calls
 * `then`, with the parts that they took by their places, before it does its own. Returns which parts it did.
 */
function job(repeatable: boolean, then: (taken: ReadonlyMap<number, number>) => void, takers = THREADS - 1): number[] {
  const { control } = inside();
  const done: number[] = [];
  const run = (...numbers: number[]) => {
    if (done.length === 0) {
      const taken = new Map<number, number>();
      const current = Atomics.load(control, SEQUENCE) << JOB_SHIFT;
      spin(() => {
        for (let i = 0; i < PARTS; i++) {
          const place = Atomics.load(control, claimOf(i)) - current;
          if (place > 0 && place < 16) taken.set(place, i);
        }
        return taken.size >= takers;
      });
      then(taken);
    }
    const i = (numbers[6]! - out.address) / 4;
    done.push(i);
    sum(...sumInto(i, 1));
  };
  out.assign(filled([PARTS], 0, "float32"));
  pool.run(
    base.number,
    SUM,
    run,
    Array.from({ length: PARTS }, (_, i) => sumInto(i, LONG)),
    repeatable,
  );
  return done;
}

/** A job with right answers, which the workers that there are help with. */
function expectWorks(): void {
  out.assign(filled([PARTS], 0, "float32"));
  const parts = Array.from({ length: PARTS }, (_, i) => sumInto(i, 100));
  for (let i = 0; i < 100; i++) pool.run(base.number, SUM, sum, parts, false);
  expect([...out.toTypedArray()]).toEqual(new Array(PARTS).fill(512));
}

const kill = (place: number) => inside().workers[place]!.terminate();

test("workers that end in the middle of a part: the main thread does it, and others take their places", async () => {
  const done = job(true, (taken) => {
    for (const place of taken.keys()) kill(place);
  });
  expect(done.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([...out.toTypedArray()]).toEqual(new Array(PARTS).fill(512));
  expect(pool.ready).toBe(0);
  expectWorks();
  await allUp();
  expectWorks();
});

test("a part that cannot be done again and is lost is an error, after which others work", async () => {
  expect(() => job(false, () => [1, 2].forEach(kill))).toThrow(
    /^a worker thread ended in the middle of a kernel that changes arrays in place; what it was to change is changed in part/,
  );
  expectWorks();
  await allUp();
  expectWorks();
});

test("a worker that ends between taking a part and beginning it", () => {
  const { control } = inside();
  for (const place of [1, 2]) {
    const worker = inside().workers[place]!;
    worker.terminate();
    spin(() => !worker.alive());
  }
  const done = job(
    true,
    () => {
      const current = Atomics.load(control, SEQUENCE) << JOB_SHIFT;
      for (const i of [3, 6]) Atomics.store(control, claimOf(i), current + 1);
    },
    0,
  );
  expect(done).toEqual([0, 1, 2, 4, 5, 7, 3, 6]);
  expect([...out.toTypedArray()]).toEqual(new Array(PARTS).fill(512));
});

test("a worker that ends just after it finished: its part is not done again", () => {
  const { control, workers } = inside();
  for (const place of [1, 2]) {
    const worker = workers[place]!;
    worker.terminate();
    spin(() => !worker.alive());
  }
  const claim = (i: number, outcome: number) =>
    Atomics.store(control, claimOf(i), (Atomics.load(control, SEQUENCE) << JOB_SHIFT) + outcome + 1);
  // One finishes before the main thread looks at its part, the other between that and the question whether it is alive.
  workers[1] = {
    alive: () => {
      claim(3, 16);
      return false;
    },
    terminate: () => {},
  };
  const finish = () => {
    claim(7, 16);
    claim(3, 0);
  };
  expect(job(false, finish, 0)).toEqual([0, 1, 2, 4, 5, 6]);
});

test("workers that end while they are parked, or look for work, cost nothing but their share", async () => {
  await until(() => Atomics.load(inside().control, PARKED) === 0b110);
  kill(1);
  // Without a turn of the event loop nobody knows yet.
  expectWorks();
  await until(() => inside().workers[1] === undefined);
  expect([pool.ready, Atomics.load(inside().control, PARKED) & 0b10]).toEqual([1, 0]);
  expectWorks();
  kill(2);
  expectWorks();
  await until(() => pool.ready === 0);
  await allUp();
  expectWorks();
});

test("workers that cannot live do not end the process, and are not started for ever", async () => {
  const broken = new Pool();
  broken.threads = 2;
  const native = { koffi: "/nowhere/koffi.node", library: "none", base: 0, setup: { signature: "", argument: 0 } };
  const starts = () => (broken as unknown as Inside).starts;
  for (let i = 1; i <= 3; i++) {
    broken.start({ ...native, functions: [] });
    broken.run(base.number, SUM, sum, [sumInto(0, 1), sumInto(1, 1)], false);
    expect(starts()).toBe(i);
    await until(() => (broken as unknown as Inside).workers[1] === undefined);
  }
  (broken as unknown as Inside).starts = 48;
  broken.start();
  expect(starts()).toBe(48);
  expect((broken as unknown as Inside).workers[1]).toBeUndefined();
});
