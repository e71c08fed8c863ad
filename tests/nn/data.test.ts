import { arange, array, constant, type NDArray, type NestedArray, randomUniform, seed } from "../../core/index.js";
import { DataLoader, type DataLoaderState, minibatch, Subset, TensorDataset } from "../../nn/index.js";

beforeEach(() => seed(17));

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const numbersIn = (batches: Iterable<NDArray>) => [...batches].flatMap((batch) => batch.toArray() as number[]);

describe("minibatch", () => {
  const all = (n: Parameters<typeof minibatch>[0], options?: Parameters<typeof minibatch>[1]) =>
    Array.from(minibatch(n, options)[0], (batch) => [...batch]);

  test("every example once, in random order, the last batch short", () => {
    const [batches, nBatches] = minibatch(10, { batchSize: 4 });
    expect(nBatches).toBe(3);
    const lists = [...batches].map((batch) => [...batch]);
    expect(lists.map((batch) => batch.length)).toEqual([4, 4, 2]);
    expect(lists.flat()).not.toEqual(upTo(10));
    expect(sorted(lists.flat())).toEqual(upTo(10));
    expect(all(10, { batchSize: 4 })).not.toEqual(lists);
    seed(17);
    expect(all(10, { batchSize: 4 })).toEqual(lists);
  });

  test("the order is drawn at the call, and the batches are made one by one", () => {
    const [batches] = minibatch(10, { batchSize: 4 });
    const first = [...batches.next().value!];
    seed(17);
    const [again] = minibatch(10, { batchSize: 4 });
    randomUniform([5]);
    expect([...again.next().value!]).toEqual(first);
    first.fill(-1);
    expect(sorted([...batches].flatMap((batch) => [...batch]))).toHaveLength(6);
  });

  test("in order without shuffle; of an array as many as it has rows", () => {
    expect(all(5, { batchSize: 3, shuffle: false })).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(all(arange(4).reshape([2, 2]), { shuffle: false })).toEqual([[0, 1]]);
    expect(all(constant([7, 8, 9]), { shuffle: false })).toEqual([[0, 1, 2]]);
    expect(minibatch(600)[1]).toBe(3);
    expect(minibatch(512)[1]).toBe(2);
  });

  test.each<[() => unknown, string]>([
    [() => minibatch(0), "minibatch: the number of examples is 0; expected a whole number of at least 1"],
    [() => minibatch(2.5), "minibatch: the number of examples is 2.5"],
    [() => minibatch(array(3)), "minibatch: the number of examples is undefined"],
    [() => minibatch(3, { batchSize: 0 }), "minibatch: batchSize is 0; expected a whole number of at least 1"],
    [() => minibatch(3, { shuffle: 1 as never }), "minibatch: shuffle is 1; expected true or false"],
    [
      () => minibatch(3, { batchsize: 1 } as never),
      "minibatch: unknown option batchsize; expected some of batchSize, shuffle",
    ],
  ])("errors %#", (run, message) => {
    expect(run).toThrow(message);
  });
});

describe("DataLoader of arrays", () => {
  const x = arange(20).reshape([5, 2, 2]);
  const t = array([10, 11, 12, 13, 14], { dtype: "int32" });

  test("gathers the arrays by the same indices, anew in each pass", () => {
    const loader = new DataLoader({ x, t }, { batchSize: 2 });
    const length: number = loader.length;
    expect(length).toBe(3);
    const passes = [0, 1, 2].map(() => [...loader]);
    const orders = passes.map((batches) => batches.flatMap((batch) => batch.t.toArray()));
    for (const batches of passes) {
      expect(batches.map((batch) => batch.x.shape)).toEqual([
        [2, 2, 2],
        [2, 2, 2],
        [1, 2, 2],
      ]);
      for (const batch of batches) {
        const labels = batch.t.toArray() as number[];
        expect(batch.t.dtype).toBe("int32");
        expect(batch.x.toArray()).toEqual(labels.map((label) => (x.toArray() as number[][][])[label - 10]));
      }
    }
    expect(orders[0]).not.toEqual(orders[1]);
    for (const order of orders) expect(sorted(order as number[])).toEqual(t.toArray());
  });

  test("repeats by seed, whatever else draws random numbers", () => {
    const orders = (loader: DataLoader<NDArray>, disturb: () => void) =>
      [0, 1, 2].map(() => {
        disturb();
        return numbersIn(loader);
      });
    const quiet = orders(new DataLoader(t, { batchSize: 2, seed: 5 }), () => {});
    expect(orders(new DataLoader(t, { batchSize: 2, seed: 5 }), () => randomUniform([3]))).toEqual(quiet);
    expect(orders(new DataLoader(t, { batchSize: 2, seed: 6 }), () => {})).not.toEqual(quiet);
    seed(17);
    const drawn = orders(new DataLoader(t, { batchSize: 2 }), () => randomUniform([3]));
    seed(17);
    expect(orders(new DataLoader(t, { batchSize: 2 }), () => {})).toEqual(drawn);
    seed(18);
    expect(orders(new DataLoader(t, { batchSize: 2 }), () => {})).not.toEqual(drawn);
  });

  test("a loader draws one number of the common generator, or none", () => {
    const next = () => randomUniform([1]).item();
    const plain = next();
    seed(17);
    for (const _ of new DataLoader(t, { shuffle: false }));
    for (const _ of new DataLoader(t, { seed: 3 }));
    expect(next()).toBe(plain);
  });

  test("in order without shuffle, without a short batch with dropLast", () => {
    const loader = new DataLoader({ x, t }, { batchSize: 2, shuffle: false, dropLast: true });
    expect(loader.length).toBe(2);
    expect([...loader].map((batch) => batch.t.toArray())).toEqual([
      [10, 11],
      [12, 13],
    ]);
    const small = new DataLoader({ t }, { batchSize: 6, dropLast: true });
    expect([small.length, [...small]]).toEqual([0, []]);
    const exact = new DataLoader({ t }, { batchSize: 5, dropLast: true });
    expect([exact.length, [...exact].length]).toEqual([1, 1]);
  });

  test("batches in order are views, also of what is not contiguous after one copy; gathered ones are not", () => {
    const [batch] = new DataLoader(x, { batchSize: 2, shuffle: false });
    expect(batch!.base).toBe(x.base);
    const swapped = x.transpose([0, 2, 1]);
    const [first, second] = new DataLoader(swapped, { batchSize: 2, shuffle: false });
    expect(first!.base).toBe(second!.base);
    expect(first!.base).not.toBe(x.base);
    expect(second!.toArray()).toEqual((swapped.toArray() as NestedArray[]).slice(2, 4));
    const gathered = new DataLoader(x, { batchSize: 5, seed: 1 })[Symbol.iterator]().next().value!;
    expect(gathered.toArray()).not.toEqual(x.toArray());
    expect(gathered.base).not.toBe(x.base);
  });

  test("one array, a list of arrays, nested arrays, typed arrays and views keep their form", () => {
    const [single] = new DataLoader(
      [
        [1, 2],
        [3, 4],
      ],
      { shuffle: false },
    );
    expect(single!.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const pair = [...new DataLoader([x, [0, 1, 2, 3, 4]], { batchSize: 3, shuffle: false })];
    const [images, ids] = pair[1]!;
    const typed: [NDArray, NDArray] = [images, ids];
    expect(typed.map((part) => part.shape)).toEqual([[2, 2, 2], [2]]);
    expect(ids.toArray()).toEqual([3, 4]);
    const columns = array([
      [1, 2],
      [3, 4],
      [5, 6],
    ]).transpose();
    const [batch] = new DataLoader({ ids: Int32Array.of(4, 5), columns, weights: [0.5, 0.25] }, { shuffle: false });
    const weights: NDArray = batch!.weights;
    expect([batch!.ids.dtype, batch!.ids.toArray(), weights.toArray()]).toEqual(["int32", [4, 5], [0.5, 0.25]]);
    expect(batch!.columns.toArray()).toEqual(columns.toArray());
  });

  test("an interface of arrays is taken too", () => {
    interface Digits {
      x: NDArray;
      t: NDArray;
    }
    const digits: Digits = { x, t };
    for (const batch of new DataLoader(digits)) expect(batch.x.shape[0]).toBe(batch.t.size);
  });

  test("for await gives the same, with prefetch too", async () => {
    const expected = new DataLoader({ t }, { batchSize: 2, seed: 4 });
    const passes = [0, 1].map(() => [...expected].map((batch) => batch.t.toArray()));
    for (const prefetch of [0, 1, 9]) {
      const loader = new DataLoader({ t }, { batchSize: 2, seed: 4, prefetch });
      for (const pass of passes) {
        const found: unknown[] = [];
        for await (const batch of loader) found.push(batch.t.toArray());
        expect(found).toEqual(pass);
      }
    }
  });

  test("collate gets the examples one by one, in the form of the source", () => {
    const loader = new DataLoader(
      { x, t },
      {
        batchSize: 2,
        shuffle: false,
        collate: (examples) => examples.map((example) => `${example.t.item()}: ${example.x.shape.join("x")}`).join(),
      },
    );
    const texts: string[] = [...loader];
    expect(texts).toEqual(["10: 2x2,11: 2x2", "12: 2x2,13: 2x2", "14: 2x2"]);
  });

  test.each<[() => unknown, string]>([
    [() => new DataLoader({}), "DataLoader: there are no arrays; expected at least one"],
    [() => new DataLoader([]), "DataLoader: the number of examples is 0; expected a whole number of at least 1"],
    [
      () => new DataLoader(undefined as never),
      "DataLoader: expected arrays, such as { x: images, t: labels }, a dataset",
    ],
    [() => new DataLoader("text" as never), "DataLoader: expected arrays"],
    [() => new DataLoader(new Date() as never), "DataLoader: expected arrays"],
    [
      () => new DataLoader({ x, t: array([1, 2]) }),
      "DataLoader: x has shape (5, 2, 2) and t (2,); expected as many examples in each",
    ],
    [
      () => new DataLoader([x, array([1, 2])]),
      "DataLoader: array 0 has shape (5, 2, 2) and array 1 (2,); expected as many examples in each",
    ],
    [() => new DataLoader({ x, t: 3 }), "DataLoader: t is a scalar; expected examples along a first axis"],
    [() => new DataLoader(array(3)), "DataLoader: the array is a scalar"],
    [
      () => new DataLoader({ x: array([]).reshape([0, 2]) }),
      "DataLoader: x of shape (0, 2) has no examples; expected at least one",
    ],
    [() => new DataLoader({ x, t: "abc" as never }), "array: expected numbers"],
    [
      () => new DataLoader({ x }, { batchSize: 0 }),
      "DataLoader: batchSize is 0; expected a whole number of at least 1",
    ],
    [
      () => new DataLoader({ x }, { batchSize: 1.5 }),
      "DataLoader: batchSize is 1.5; expected a whole number of at least 1",
    ],
    [
      () => new DataLoader({ x }, { dropLast: "yes" as never }),
      'DataLoader: dropLast is "yes"; expected true or false',
    ],
    [() => new DataLoader({ x }, { shuffle: 0 as never }), "DataLoader: shuffle is 0; expected true or false"],
    [() => new DataLoader({ x }, { seed: 0.5 }), "DataLoader: seed is 0.5; expected a whole number"],
    [
      () => new DataLoader({ x }, { prefetch: -1 }),
      "DataLoader: prefetch is -1; expected a whole number of at least 0",
    ],
    [() => new DataLoader({ x }, { collate: 3 as never }), "DataLoader: collate is 3; expected a function"],
    [
      () => new DataLoader({ x }, { drop: true } as never),
      "DataLoader: unknown option drop; expected some of batchSize",
    ],
    [() => [...new DataLoader({ x }, { prefetch: 2 })], "DataLoader: prefetch is 2; expected for await"],
  ])("errors %#", (run, message) => {
    expect(run).toThrow(message);
  });
});

describe("DataLoader state", () => {
  const t = arange(11, { dtype: "int32" });
  const options = { batchSize: 3, seed: 9 };
  const inJSON = (state: DataLoaderState) => JSON.parse(JSON.stringify(state)) as DataLoaderState;

  test.each([0, 1, 2, 3, 4])("taken after batch %i, a loader goes on with the rest and the same later passes", (at) => {
    const loader = new DataLoader(t, options);
    numbersIn(loader);
    const rest: number[] = [];
    let state = inJSON(loader.state());
    let done = 0;
    for (const batch of loader) {
      if (done >= at) rest.push(...(batch.toArray() as number[]));
      if (++done === at) state = inJSON(loader.state());
    }
    const later = numbersIn(loader);
    const other = new DataLoader(t, { ...options, seed: 1 });
    numbersIn(other);
    other.loadState(state);
    expect(other.state()).toEqual(state);
    expect(numbersIn(other)).toEqual(rest);
    expect(numbersIn(other)).toEqual(later);
    expect(other.state()).toEqual({ ...loader.state() });
  });

  test("taken after a pass that was left early it continues that pass, which the loader itself does not", () => {
    const loader = new DataLoader(t, options);
    const given: number[] = [];
    for (const batch of loader) {
      given.push(...(batch.toArray() as number[]));
      if (given.length === 6) break;
    }
    const state = loader.state();
    const next = numbersIn(loader);
    expect(sorted(next)).toEqual(upTo(11));
    const other = new DataLoader(t, options);
    other.loadState(state);
    expect(sorted([...given, ...numbersIn(other)])).toEqual(upTo(11));
    expect(numbersIn(other)).toEqual(next);
  });

  test("for await counts what was given, not what was read ahead", async () => {
    const loader = new DataLoader(t, { ...options, prefetch: 2 });
    const seen: number[] = [];
    for await (const batch of loader) {
      seen.push(...(batch.toArray() as number[]));
      if (seen.length === 3) break;
    }
    expect(loader.state().position).toBe(1);
    const other = new DataLoader(t, { ...options, prefetch: 1 });
    other.loadState(loader.state());
    for await (const batch of other) seen.push(...(batch.toArray() as number[]));
    expect(seen).toEqual(numbersIn(new DataLoader(t, options)));
  });

  test("of an iterable it reads again up to the place", () => {
    const make = () => new DataLoader(() => upTo(7), { batchSize: 2 });
    const loader = make();
    const iterator = loader[Symbol.iterator]();
    iterator.next();
    iterator.next();
    const other = make();
    other.loadState(loader.state());
    expect(numbersIn(other)).toEqual([4, 5, 6]);
    expect(numbersIn(other)).toEqual(upTo(7));
    const short = new DataLoader(() => upTo(2), { batchSize: 2 });
    short.loadState(loader.state());
    expect(() => [...short]).toThrow(
      "DataLoader: the source gave 2 examples, and 2 batches of 2 had been read when the state was taken",
    );
  });

  test("refuses other states and stays as it is", () => {
    const loader = new DataLoader(t, options);
    for (const _ of loader) break;
    const state = loader.state();
    const refused: [unknown, string][] = [
      [null, "DataLoader.loadState: expected an object of options"],
      [{ ...state, place: 1 }, "DataLoader.loadState: unknown option place"],
      [{ ...state, position: -1 }, "DataLoader.loadState: position is -1"],
      [{ ...state, position: 5 }, "DataLoader.loadState: position is 5; expected at most 4"],
      [{ ...state, batchSize: 4 }, "DataLoader.loadState: the state has batchSize 4; expected 3"],
      [{ ...state, examples: 12 }, "DataLoader.loadState: the state is of 12 examples; expected 11"],
      [{ ...state, generator: undefined }, "DataLoader.loadState: generator is undefined; expected"],
      [{ ...state, generator: { words: [1, 2, 3], spare: null } }, "DataLoader.loadState: generator is"],
    ];
    for (const [bad, message] of refused) expect(() => loader.loadState(bad as never)).toThrow(message);
    expect(loader.state()).toEqual(state);
  });
});

describe("datasets", () => {
  const squares = { length: 7, get: (i: number) => ({ x: [i, i * i], name: `n${i}` }) };

  test("examples of a dataset and of a list are collated", () => {
    const batches = [...new DataLoader(squares, { batchSize: 3, shuffle: false })];
    const x: NDArray = batches[2]!.x;
    const name: string[] = batches[0]!.name;
    expect([x.toArray(), name]).toEqual([[[6, 36]], ["n0", "n1", "n2"]]);
    const list = [...new DataLoader([{ a: 1 }, { a: 2 }, { a: 3 }], { batchSize: 2, shuffle: false })];
    expect(list.map(({ a }) => a.toArray())).toEqual([[1, 2], [3]]);
    const shuffled = new DataLoader(squares, { batchSize: 2, seed: 2 });
    expect(shuffled.length).toBe(4);
    const names = [...shuffled].flatMap((batch) => batch.name);
    expect(names).not.toEqual([...names].sort());
    expect([...names].sort()).toEqual(upTo(7).map((i) => `n${i}`));
  });

  test("a dataset can make batches itself, and asynchronously", async () => {
    const asked: number[][] = [];
    const dataset = {
      length: 5,
      get: (_: number): string => "one",
      getBatch: async (indices: Int32Array) => {
        asked.push([...indices]);
        return indices.length;
      },
    };
    const sizes: number[] = [];
    for await (const size of new DataLoader(dataset, { batchSize: 2, shuffle: false })) sizes.push(size);
    expect([sizes, asked]).toEqual([
      [2, 2, 1],
      [[0, 1], [2, 3], [4]],
    ]);
    expect(() => [...new DataLoader(dataset)]).toThrow("DataLoader: getBatch gave a promise; expected for await");
    const [first] = new DataLoader(dataset, { collate: (examples) => examples.join("+") });
    expect(first).toBe("one+one+one+one+one");
  });

  test("promised examples of a batch are awaited together", async () => {
    let waiting = 0;
    let most = 0;
    const dataset = {
      length: 6,
      async get(i: number) {
        most = Math.max(most, ++waiting);
        await new Promise((resolve) => setImmediate(resolve));
        waiting--;
        return i;
      },
    };
    const found: number[] = [];
    for await (const batch of new DataLoader(dataset, { batchSize: 3, shuffle: false })) {
      found.push(...(batch.toArray() as number[]));
    }
    expect([found, most]).toEqual([upTo(6), 3]);
    expect(() => [...new DataLoader(dataset)]).toThrow("DataLoader: get gave a promise; expected for await");
  });

  test("TensorDataset and Subset", () => {
    const dataset = new TensorDataset({ x: arange(12).reshape([6, 2]), t: Int32Array.of(5, 4, 3, 2, 1, 0) });
    expect(dataset.length).toBe(6);
    const { x, t } = dataset.get(2);
    expect([x.toArray(), t.item()]).toEqual([[4, 5], 3]);
    expect(dataset.getBatch(Int32Array.of(5, 0)).t.toArray()).toEqual([0, 5]);
    const subset = new Subset(dataset, [4, 1, 2]);
    expect([subset.length, subset.get(0).t.item()]).toEqual([3, 1]);
    const labels = [...new DataLoader(subset, { batchSize: 2, shuffle: false })].map((batch) => batch.t.toArray());
    expect(labels).toEqual([[1, 4], [3]]);
    const plain = new Subset(squares, [6, 0]);
    expect([...new DataLoader(plain, { shuffle: false })].map((batch) => batch.name)).toEqual([["n6", "n0"]]);
    expect(new TensorDataset([[1, 2], Float32Array.of(3, 4)]).get(1).map((part) => part.item())).toEqual([2, 4]);
  });

  test.each<[() => unknown, string]>([
    [
      () => new DataLoader({ length: 0, get: () => 1 }),
      "DataLoader: the number of examples is 0; expected a whole number of at least 1",
    ],
    [() => new DataLoader({ length: "5" as never, get: () => 1 }), 'DataLoader: the number of examples is "5"'],
    [() => new TensorDataset({ x: [1, 2], t: [1] }), "TensorDataset: x has shape (2,) and t (1,)"],
    [() => new TensorDataset([1, 2]).get(2), "TensorDataset: index 2 is out of range; expected 0 to 1"],
    [() => new TensorDataset([1, 2]).get(-1), "TensorDataset: index -1 is out of range"],
    [() => new TensorDataset([1, 2]).getBatch(Int32Array.of(0, 2)), "TensorDataset: index 2 is out of range"],
    [() => new Subset([1, 2] as never, [0]), "Subset: the dataset is [1, 2]; expected { length, get(index) }"],
    [() => new Subset(squares, [0, 7]), "Subset: index 7 is out of range; expected 0 to 6"],
    [() => new Subset(squares, []), "Subset: the number of examples is 0"],
    [() => new Subset(squares, [1]).get(1), "Subset: index 1 is out of range; expected 0 to 0"],
  ])("errors %#", (run, message) => {
    expect(run).toThrow(message);
  });
});
