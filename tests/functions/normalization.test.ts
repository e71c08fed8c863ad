import {
  ArgumentError,
  array,
  IndexError,
  type NDArray,
  randomNormal,
  ShapeError,
  seed,
  variable,
} from "../../core/index.js";
import { add, mul, sub } from "../../functions/arithmetic.js";
import { embedding, embeddingBag } from "../../functions/embedding.js";
import { rsqrt } from "../../functions/math.js";
import { batchNorm, layerNorm } from "../../functions/normalization.js";
import { mean } from "../../functions/reduce.js";
import { var as variance } from "../../functions/statistics.js";
import { expectClose } from "../core/backend/arrays.js";

describe("batchNorm", () => {
  // Enough for the sums of several threads, and no multiple of a vector.
  test.each([
    ["float32", 2e-5],
    ["float64", 1e-11],
  ] as const)("of many rows agrees with its definition, %s", (dtype, absolute) => {
    seed(3);
    const draw = (...shape: number[]) => variable(randomNormal(shape, { mean: 2, dtype }));
    const inputs = [draw(16, 20, 21, 7), draw(7), draw(7)] as const;
    const gradient = randomNormal([16, 20, 21, 7], { dtype });
    const [x, gamma, beta] = inputs;
    const axis = [0, 1, 2];
    const normal = mul(sub(x, mean(x, { axis })), rsqrt(add(variance(x, { axis }), 1e-5)));
    const results = [batchNorm(x, gamma, beta)[0], add(mul(normal, gamma), beta)].map((y) => {
      for (const input of inputs) input.clearGrad();
      y.backward({ gradient });
      return [y, ...inputs.map((input) => input.grad!)].map((z) => z.toTypedArray());
    });
    results[0]!.forEach((values, i) => {
      expectClose(values, results[1]![i]!, { relative: absolute, absolute }, `${i}`);
    });
  });

  test("its mean and variance are constants", () => {
    const [y, center, spread] = batchNorm(variable([[1], [3]]), null, null);
    expect([center.toArray(), spread.toArray()]).toEqual([[2], [1]]);
    expect([y, center, spread].map((v) => v.requiresGrad)).toEqual([true, false, false]);
  });

  test("given moments are constants, whose gradient is not asked for", () => {
    const moment = variable([1, 2]);
    const x = variable([[3, 4]]);
    const [y, center] = batchNorm(x, null, null, { mean: moment, variance: moment, epsilon: 0 });
    expect(center.toArray()).toEqual([1, 2]);
    y.backward({ gradient: array([[1, 1]]) });
    expect(moment.grad).toBe(null);
    expect([...x.grad!.toTypedArray()]).toEqual([1, Math.fround(1 / Math.sqrt(2))]);
  });
});

const x = [
  [1, 2],
  [3, 4],
];

test.each<[() => unknown, new (message: string) => Error, string]>([
  [
    () => batchNorm(x, [1], [0, 0]),
    ShapeError,
    "batchNorm: x has shape (2, 2) and gamma (1,); expected gamma of shape (2,)",
  ],
  [
    () => batchNorm(x, null, x),
    ShapeError,
    "batchNorm: x has shape (2, 2) and beta (2, 2); expected beta of shape (2,)",
  ],
  [
    () => batchNorm(x, null, null, { mean: [1, 2, 3], variance: [1, 2] }),
    ShapeError,
    "batchNorm: x has shape (2, 2) and mean (3,); expected mean of shape (2,)",
  ],
  [
    () => batchNorm(x, null, null, { mean: [1, 2] }),
    ArgumentError,
    "batchNorm: mean is given and variance is not; expected both or neither",
  ],
  [
    () => batchNorm(x, null, null, { variance: [1, 2] }),
    ArgumentError,
    "batchNorm: variance is given and mean is not; expected both or neither",
  ],
  [
    () => batchNorm(x, null, null, { epsilon: -1 }),
    ArgumentError,
    "batchNorm: epsilon is -1; expected a finite number of at least 0",
  ],
  [
    () => batchNorm(3, null, null),
    ShapeError,
    "batchNorm: no last axis to normalize in shape (); expected (..., width)",
  ],
  [
    () => batchNorm(array([]).reshape([0, 3]), null, null),
    ShapeError,
    "batchNorm: x of shape (0, 3) has no values to take the mean of; expected some, or mean and variance",
  ],
  [
    () => layerNorm(x, null, [1, 2, 3]),
    ShapeError,
    "layerNorm: x has shape (2, 2) and beta (3,); expected beta of shape (2,)",
  ],
  [() => embedding(x, [2]), IndexError, "embedding: id 2 is out of range; expected 0 to 1"],
  [() => embedding([1, 2], [0]), ShapeError, "embedding: W has shape (2,); expected (vocabulary, width)"],
  [() => embeddingBag(x, [[2]]), IndexError, "embeddingBag: id 2 is out of range; expected 0 to 1"],
  [
    () => embeddingBag(x, [[1]], { pool: "max" as never }),
    ArgumentError,
    'embeddingBag: pool is max; expected "sum" or "mean"',
  ],
])("refused: %s", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`));
});

describe("batchNorm's moments", () => {
  const values = [
    [1, 5],
    [2, -1],
    [4, 0.5],
  ];
  const gradient = [
    [0.3, -1],
    [2, 0.7],
    [-0.4, 1.1],
  ];
  const gradientOf = (change: (moments: { mean: NDArray; variance: NDArray }) => void, given: boolean) => {
    const x = variable(values, { dtype: "float64" });
    const running = { mean: array([1, 2], { dtype: "float64" }), variance: array([3, 4], { dtype: "float64" }) };
    const [y, mean, variance] = batchNorm(x, null, null, given ? running : {});
    change(given ? running : { mean: mean.data, variance: variance.data });
    y.backward({ gradient });
    return x.grad!.toArray();
  };

  test.each([
    ["its own, which it returns", false],
    ["given ones, such as running statistics", true],
  ])("may be changed in place before backward: %s", (_, given) => {
    const changed = gradientOf(({ mean, variance }) => {
      mean.assign(array([7, -7], { dtype: "float64" }));
      variance.assign(array([9, 8], { dtype: "float64" }));
    }, given);
    expect(changed).toEqual(gradientOf(() => {}, given));
  });
});
