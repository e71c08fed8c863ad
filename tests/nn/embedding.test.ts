import { array, noGrad, ones, randomNormal, seed, variable, zeros } from "../../core/index.js";
import { sum } from "../../functions/reduce.js";
import { Embedding } from "../../nn/index.js";
import { SGD } from "../../optim/index.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

beforeEach(() => seed(31));

const int = (values: readonly number[], ...shape: number[]) =>
  array(values, { dtype: "int32" }).reshape(shape.length === 0 ? [values.length] : shape);

test("ids come as nested arrays, typed arrays, NDArrays and Variables, of any shape", () => {
  const layer = new Embedding({ nOut: 2, vocabSize: 5 });
  const W = layer.W.toArray() as number[][];
  const expected = [W[3], W[0], W[3], W[4]];
  expect(layer.forward([3, 0, 3, 4]).toArray()).toEqual(expected);
  expect(layer.forward(Int32Array.of(3, 0, 3, 4)).toArray()).toEqual(expected);
  expect(layer.forward(int([3, 0, 3, 4])).toArray()).toEqual(expected);
  expect(layer.forward(variable(int([3, 0, 3, 4]))).toArray()).toEqual(expected);
  expect(
    layer
      .forward([
        [[3], [0]],
        [[3], [4]],
      ])
      .toArray(),
  ).toEqual([
    [[W[3]], [W[0]]],
    [[W[3]], [W[4]]],
  ]);
  expect(layer.forward(2).toArray()).toEqual(W[2]);
});

test("lookup gives vectors through which gradients flow", () => {
  const layer = new Embedding({ nOut: 2, vocabSize: 3, pool: "mean" });
  sum(layer.lookup([1, 2, 1])).backward();
  expect(layer.W.grad!.toArray()).toEqual([
    [0, 0],
    [2, 2],
    [1, 1],
  ]);
});

test("bags come in any form, and one that is empty gives zeros", () => {
  const layer = new Embedding({ nOut: 2, vocabSize: 5, pool: "sum", init: (shape, o) => ones(shape, o) });
  const bags = [[1, 1, 4], Int32Array.of(2), [], Uint8Array.of(0, 3)] as never;
  expect(layer.forward(bags).toArray()).toEqual([[[3, 3]], [[1, 1]], [[0, 0]], [[2, 2]]]);
  expect(layer.forward(int([1, 1, 4, 2], 2, 2)).toArray()).toEqual([[[2, 2]], [[2, 2]]]);
  expect(layer.forward(zeros([3, 0], { dtype: "int32" })).toArray()).toEqual([[[0, 0]], [[0, 0]], [[0, 0]]]);
});

test("ids that change between forward and backward change nothing", () => {
  const layer = new Embedding({ nOut: 1, vocabSize: 3 });
  const ids = int([0, 0, 2]);
  const y = layer.forward(ids);
  ids.assign(int([1, 1, 1]));
  sum(y).backward();
  expect(layer.W.grad!.toArray()).toEqual([[2], [0], [1]]);
});

test("the vector of the padding starts at 0, does not learn, and leaves what the initializer drew alone", () => {
  const drawn = ones([4, 2]);
  const layer = new Embedding({ nOut: 2, vocabSize: 4, paddingId: 1, init: () => drawn });
  expect(drawn.toArray()).toEqual(ones([4, 2]).toArray());
  const start = [
    [1, 1],
    [0, 0],
    [1, 1],
    [1, 1],
  ];
  expect(layer.W.toArray()).toEqual(start);
  sum(
    layer.forward([
      [1, 2],
      [1, 1],
    ]),
  ).backward();
  new SGD(layer.parameters(), { lr: 0.5 }).step();
  start[2] = [0.5, 0.5];
  expect(layer.W.toArray()).toEqual(start);
});

test("a large vocabulary learns only what was picked", () => {
  const layer = new Embedding({ nOut: 16, vocabSize: 4000, dtype: "float64" });
  const before = layer.W.toArray() as number[][];
  const ids = [7, 3999, 7, 0, 1234];
  const gy = randomNormal([5, 16], { dtype: "float64" });
  layer.forward(ids).backward({ gradient: gy });
  new SGD(layer.parameters(), { lr: 1 }).step();
  const rows = gy.toArray() as number[][];
  (layer.W.toArray() as number[][]).forEach((row, id) => {
    row.forEach((value, j) => {
      const step = ids.reduce((total, other, i) => (other === id ? total + rows[i]![j]! : total), 0);
      expect(Math.abs(value - (before[id]![j]! - step))).toBeLessThan(1e-14);
    });
  });
});

test("no graph of ids that are not asked for", () => {
  const layer = new Embedding({ nOut: 2, vocabSize: 3 });
  expect(noGrad(() => layer.forward([1])).requiresGrad).toBe(false);
  expect(layer.freeze().forward([1]).requiresGrad).toBe(false);
});

const make = (options: object) => () => new Embedding({ nOut: 2, vocabSize: 5, ...options } as never);

refusesOptions("Embedding", [
  [() => new Embedding(3 as never), "Embedding: expected an object of options (nOut, vocabSize, pool, paddingId, "],
  [make({ nOut: 0 }), "Embedding: nOut is 0; expected a whole number of at least 1"],
  [make({ vocabSize: 2.5 }), "Embedding: vocabSize is 2.5; expected a whole number of at least 1"],
  [make({ pool: "max" }), 'Embedding: pool is "max"; expected null or "sum" or "mean"'],
  [make({ paddingId: 5 }), "Embedding: paddingId is 5; expected an id, 0 to 4"],
  [make({ paddingId: -1 }), "Embedding: paddingId is -1; expected an id, 0 to 4"],
  [make({ dtype: "int32" }), 'Embedding: dtype is "int32"; expected "float32" or "float64"'],
  [make({ init: "no such" }), 'Embedding: init is "no such"; expected '],
  [make({ bias: true }), "Embedding: unknown option bias; expected some of nOut, vocabSize, "],
]);

refusesCalls(
  "Embedding",
  () => new Embedding({ nOut: 2, vocabSize: 5 }),
  (layer) => layer.forward([[0, 4]]),
  [
    [(layer) => layer.forward([[0, 5]]), "Embedding: id 5 is out of range; expected 0 to 4"],
    [(layer) => layer.forward(int([0, -1])), "Embedding: id -1 is out of range; expected 0 to 4"],
    [(layer) => layer.lookup([5]), "Embedding: id 5 is out of range; expected 0 to 4"],
    [(layer) => layer.forward([[0, 1.5]]), "Embedding: id 1.5 is not an integer; expected one"],
    [(layer) => layer.forward([[true]]), "Embedding: id true is not an integer; expected one"],
    [(layer) => layer.forward([["1"]] as never), "Embedding: id 1 is not an integer; expected one"],
    [(layer) => layer.forward([Number.NaN]), "Embedding: id NaN is not an integer; expected one"],
    [
      (layer) => layer.forward(zeros([1, 2])),
      'Embedding: ids are float32; expected int32, such as array(..., { dtype: "int32" })',
    ],
    [(layer) => layer.forward(Float64Array.of(1)), "Embedding: ids are float64; expected int32"],
    [(layer) => layer.forward([[1, 2], [3]]), "Embedding: ragged nesting: expected length 2 at depth 1"],
    [(layer) => layer.forward([]), "Embedding: there are no ids; expected at least one"],
    [(layer) => layer.forward(null as never), "Embedding: id null is not an integer; expected one"],
  ],
);

refusesCalls(
  "Embedding that pools",
  () => new Embedding({ nOut: 2, vocabSize: 5, pool: "mean" }),
  (layer) => layer.forward([[0, 4], []]),
  [
    [(layer) => layer.forward([[0], [1, 5]]), "Embedding: id 5 is out of range; expected 0 to 4"],
    [(layer) => layer.forward([[0.5]]), "Embedding: id 0.5 is not an integer; expected one"],
    [(layer) => layer.forward([1, 2]), "Embedding: bag 0 is 1; expected an array of ids"],
    [(layer) => layer.forward([[[1]]]), "Embedding: bag 0 has shape (1, 1); expected an array of ids"],
    [(layer) => layer.forward(int([1, 2])), "Embedding: the ids have shape (2,); expected bags of them, (N, length)"],
    [(layer) => layer.forward(zeros([1, 2])), "Embedding: ids are float32; expected int32"],
    [(layer) => layer.forward([]), "Embedding: there are no bags; expected at least one"],
  ],
);
