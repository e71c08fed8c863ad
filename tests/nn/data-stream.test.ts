import type { NDArray } from "../../core/index.js";
import { DataLoader } from "../../nn/index.js";

/** Waits for some turns of the event loop, rather than for a time that a busy machine may need for something else. */
async function pause(turns = 1): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Numbers from 0 on, of which it keeps account: how many were read, and whether it was closed. */
function counter(n: number, failAt = Number.POSITIVE_INFINITY) {
  const account = { read: 0, closed: 0 };
  const failure = new Error(`no ${failAt}`);
  async function* source() {
    try {
      for (let i = 0; i < n; i++) {
        await pause();
        if (i === failAt) throw failure;
        account.read++;
        yield i;
      }
    } finally {
      await pause();
      account.closed++;
    }
  }
  return { account, failure, source };
}

const collected = async (loader: AsyncIterable<NDArray>) => {
  const batches: unknown[] = [];
  for await (const batch of loader) batches.push(batch.toArray());
  return batches;
};

describe("iterables", () => {
  function* numbers(n: number) {
    for (let i = 0; i < n; i++) yield i;
  }

  test("a function gives new examples for each pass", async () => {
    const loader = new DataLoader(() => numbers(5), { batchSize: 2 });
    const length: null = loader.length;
    expect(length).toBeNull();
    const expected = [[0, 1], [2, 3], [4]];
    for (let pass = 0; pass < 2; pass++) expect([...loader].map((batch) => batch.toArray())).toEqual(expected);
    expect(await collected(loader)).toEqual(expected);
    const whole = new DataLoader(() => numbers(5), { batchSize: 2, dropLast: true });
    expect([...whole].map((batch) => batch.toArray())).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("a Set can be read again, a generator cannot", () => {
    const set = new DataLoader(new Set([3, 4, 5]), { batchSize: 2 });
    for (let pass = 0; pass < 2; pass++) expect([...set].map((batch) => batch.toArray())).toEqual([[3, 4], [5]]);
    const once = new DataLoader(numbers(3));
    expect([...once].map((batch) => batch.toArray())).toEqual([[0, 1, 2]]);
    expect(() => [...once]).toThrow(
      "DataLoader: the source is an iterator, which can be read only once; expected a function that gives one for each pass",
    );
  });

  test("leaving the loop closes the source", () => {
    let closed = 0;
    function* source() {
      try {
        yield* [1, 2, 3, 4];
      } finally {
        closed++;
      }
    }
    const loader = new DataLoader(source, { batchSize: 1 });
    for (const _ of loader) break;
    expect(closed).toBe(1);
    expect([...loader]).toHaveLength(4);
    expect(closed).toBe(2);
  });

  test("promised examples are awaited by for await", async () => {
    const loader = new DataLoader(() => [1, 2, 3].map(async (i) => i), { batchSize: 2 });
    expect(await collected(loader)).toEqual([[1, 2], [3]]);
    expect(() => [...loader]).toThrow("DataLoader: the source gave a promise; expected for await");
  });

  test("errors", async () => {
    expect(() => new DataLoader(() => numbers(3), { shuffle: true })).toThrow(
      "DataLoader: shuffle is true, and the source gives its examples in an order of its own; expected false, or a dataset",
    );
    expect(() => [...new DataLoader(() => numbers(0))]).toThrow(
      "DataLoader: the source gave no examples; expected at least one",
    );
    expect(() => [...new DataLoader((() => 3) as never)]).toThrow(
      "DataLoader: the source gave 3; expected an iterable",
    );
    const { source } = counter(3);
    expect(() => [...new DataLoader(source)]).toThrow(
      "DataLoader: the source is asynchronous; expected for await (const batch of loader)",
    );
    await expect(collected(new DataLoader(counter(0).source))).rejects.toThrow("the source gave no examples");
    await expect(collected(new DataLoader(counter(0).source, { prefetch: 2 }))).rejects.toThrow("no examples");
  });
});

describe("async generators", () => {
  test.each([0, 1, 3, 50])("give the same batches with prefetch %i", async (prefetch) => {
    const { account, source } = counter(7);
    const loader = new DataLoader(source, { batchSize: 3, prefetch });
    expect(await collected(loader)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(account).toEqual({ read: 7, closed: 1 });
    expect(await collected(loader)).toHaveLength(3);
  });

  test.each([
    [0, 2],
    [1, 4],
    [3, 8],
  ])("prefetch %i reads %i examples by the end of the first step of two, and no more", async (prefetch, most) => {
    const { account, source } = counter(40);
    let done = 0;
    for await (const _ of new DataLoader(source, { batchSize: 2, prefetch })) {
      await pause(60);
      done++;
      expect(account.read).toBe(most + 2 * (done - 1));
      if (done === 3) break;
    }
    expect(account.closed).toBe(1);
  });

  test.each([0, 1, 4])("an error comes after the batches before it, prefetch %i", async (prefetch) => {
    const { account, failure, source } = counter(9, 5);
    const found: unknown[] = [];
    const run = async () => {
      for await (const batch of new DataLoader(source, { batchSize: 2, prefetch })) {
        found.push(batch.toArray());
        await pause(20);
      }
    };
    await expect(run()).rejects.toBe(failure);
    expect(found).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(account).toEqual({ read: 5, closed: 1 });
  });

  test.each([0, 1, 4])(
    "break closes the source, and is not held up by what was to be read ahead, prefetch %i",
    async (prefetch) => {
      const { account, source } = counter(1000);
      for await (const _ of new DataLoader(source, { batchSize: 100, prefetch })) break;
      expect(account.closed).toBe(1);
      expect(account.read).toBeLessThanOrEqual(prefetch === 0 ? 100 : 102);
      const { read } = account;
      await pause(20);
      expect(account.read).toBe(read);
    },
  );

  test("an error in the loop closes the source and is the one that comes out", async () => {
    const { account, source } = counter(100, 4);
    const run = async () => {
      for await (const _ of new DataLoader(source, { batchSize: 2, prefetch: 3 })) throw new Error("in the loop");
    };
    await expect(run()).rejects.toThrow("in the loop");
    expect(account.closed).toBe(1);
  });

  test("two loops at once over one loader keep apart", async () => {
    const loader = new DataLoader(counter(6).source, { batchSize: 2, prefetch: 1 });
    const [a, b] = await Promise.all([collected(loader), collected(loader)]);
    expect(a).toEqual(b);
    expect(a).toHaveLength(3);
  });

  test("promises of a dataset that fail together come out as one error, after the batches before", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const dataset = {
      length: 8,
      get(i: number): Promise<number> {
        if (i === 7) throw new Error("seven");
        return i < 4 ? Promise.resolve(i) : pause().then(() => Promise.reject(new Error(`late ${i}`)));
      },
    };
    const found: unknown[] = [];
    const run = async () => {
      for await (const batch of new DataLoader(dataset, { batchSize: 4, shuffle: false, prefetch: 2 })) {
        found.push(batch.toArray());
      }
    };
    await expect(run()).rejects.toThrow("seven");
    await pause(20);
    process.off("unhandledRejection", note);
    expect([found, unhandled]).toEqual([[[0, 1, 2, 3]], []]);
  });
});
