import { array, generator, seed, variable } from "../../../core/index.js";
import * as F from "../../../functions/index.js";
import {
  Accuracy,
  ConfusionMatrix,
  F1,
  MeanMetric,
  type Metric,
  Precision,
  Recall,
  TopKAccuracy,
} from "../../../nn/index.js";
import { resolveMetrics } from "../../../nn/training/metrics/resolve.js";

/** Logits (n, classes) whose largest entries are at `predicted`, and the classes that are right. */
const scores = (predicted: readonly number[], classes: number) =>
  array(predicted.map((c) => Array.from({ length: classes }, (_, i) => (i === c ? 1 : generator.uniform() - 1))));
const ids = (classes: readonly number[]) => array(Int32Array.from(classes));

function valueOf(metric: Metric, y: readonly number[], t: readonly number[], classes: number): number | null {
  metric.update(scores(y, classes), ids(t));
  return metric.value();
}

/** Figures by their definitions, from lists alone. */
function definition(
  figure: "precision" | "recall" | "f1",
  average: string,
  y: readonly number[],
  t: readonly number[],
): number {
  const of = (c: number) => {
    const hits = y.filter((v, i) => v === c && t[i] === c).length;
    const taken = y.filter((v) => v === c).length;
    const there = t.filter((v) => v === c).length;
    const precision = taken === 0 ? 0 : hits / taken;
    const recall = there === 0 ? 0 : hits / there;
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return { precision, recall, f1 }[figure];
  };
  const classes = [...new Set([...y, ...t])];
  if (average === "binary") return of(1);
  if (average === "micro") return y.filter((v, i) => v === t[i]).length / y.length;
  if (average === "macro") return classes.reduce((sum, c) => sum + of(c), 0) / classes.length;
  return t.reduce((sum, c) => sum + of(c), 0) / t.length;
}

const classMetrics = { precision: Precision, recall: Recall, f1: F1 } as const;

describe.each(["precision", "recall", "f1"] as const)("%s", (figure) => {
  test.each(["macro", "micro", "weighted", "binary"] as const)(
    "%s is what its definition says, over several batches",
    (average) => {
      seed(1);
      for (let round = 0; round < 20; round++) {
        const classes = 2 + generator.integer(5);
        const metric = new classMetrics[figure]({ average });
        const y = Array.from({ length: 30 }, () => generator.integer(classes));
        const t = y.map((c) => (generator.uniform() < 0.6 ? c : generator.integer(classes)));
        for (let i = 0; i < 30; i += 7) metric.update(scores(y.slice(i, i + 7), classes), ids(t.slice(i, i + 7)));
        expect(metric.value()).toBeCloseTo(definition(figure, average, y, t), 12);
      }
    },
  );
});

test("the examples in scikit-learn's documentation", () => {
  const y = [0, 2, 1, 0, 0, 1];
  const t = [0, 1, 2, 0, 1, 2];
  const of = (MetricClass: typeof F1, average: "macro" | "micro" | "weighted") =>
    valueOf(new MetricClass({ average }), y, t, 3)!;
  expect(of(F1, "macro")).toBeCloseTo(0.26666, 4);
  expect(of(F1, "micro")).toBeCloseTo(1 / 3, 12);
  expect(of(F1, "weighted")).toBeCloseTo(0.26666, 4);
  expect(of(Precision as never, "macro")).toBeCloseTo(0.2222, 4);
  expect(of(Recall as never, "macro")).toBeCloseTo(1 / 3, 12);
  const matrix = new ConfusionMatrix();
  expect(valueOf(matrix, [0, 0, 2, 2, 0, 2], [2, 0, 2, 2, 0, 1], 3)).toBeNull();
  expect(matrix.matrix).toEqual([
    [2, 0, 0],
    [0, 0, 1],
    [1, 0, 2],
  ]);
  const topK = new TopKAccuracy({ k: 2 });
  topK.update(
    array([
      [0.5, 0.2, 0.2],
      [0.3, 0.4, 0.2],
      [0.2, 0.4, 0.3],
      [0.7, 0.2, 0.1],
    ]),
    ids([0, 1, 2, 2]),
  );
  expect(topK.value()).toBe(0.75);
});

describe("accuracy", () => {
  test("is that of the function, weighed by the batches' examples", () => {
    seed(2);
    const metric = new Accuracy();
    let hits = 0;
    for (const n of [5, 3, 8]) {
      const y = Array.from({ length: n }, () => generator.integer(4));
      const t = y.map((c) => (generator.uniform() < 0.5 ? c : 0));
      const x = scores(y, 4);
      metric.update(x, ids(t));
      hits += n * F.accuracy(x, ids(t)).item();
    }
    expect(metric.value()).toBeCloseTo(hits / 16, 6);
    metric.reset();
    expect(() => metric.value()).toThrow("accuracy: there were no examples");
  });

  test("of one-hot targets, sequences, and with classes that do not count", () => {
    const one = new Accuracy();
    one.update(
      [
        [0.9, 0.1],
        [0.2, 0.8],
      ],
      array([
        [1, 0],
        [1, 0],
      ]),
    );
    expect(one.value()).toBe(0.5);
    const sequences = new Accuracy({ ignoreIndex: -100 });
    const y = array([
      [
        [0.9, 0.1],
        [0.2, 0.8],
      ],
      [
        [0.9, 0.1],
        [0.2, 0.8],
      ],
    ]);
    sequences.update(y, array(Int32Array.of(0, 0, -100, 1)).reshape([2, 2]));
    expect(sequences.value()).toBeCloseTo(2 / 3);
    const counts = new ConfusionMatrix({ ignoreIndex: 1 });
    counts.update(y, array(Int32Array.of(0, 0, 1, 1)).reshape([2, 2]));
    expect(counts.matrix).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  test("of two classes by a threshold", () => {
    const of = (y: number[] | number[][], t: number[] | number[][], threshold?: number) => {
      const metric = new Accuracy(threshold === undefined ? {} : { threshold });
      metric.update(y, t);
      return metric.value();
    };
    expect(of([0.2, 0.7, 0.5], [0, 1, 1])).toBeCloseTo(2 / 3);
    expect(of([[0.2], [0.7], [0.5]], [0, 1, 1])).toBeCloseTo(2 / 3);
    expect(of([[0.2], [0.7]], [[1], [1]])).toBe(0.5);
    expect(of([-0.2, 0.7, 0.1], [0, 1, 1], 0)).toBe(1);
    expect(
      of(
        [
          [-1, 2],
          [3, -4],
        ],
        [
          [0, 1],
          [0, 1],
        ],
        0,
      ),
    ).toBe(0.5);
    const f1 = new F1();
    f1.update([0.9, 0.8, 0.1, 0.7], [1, 0, 1, 1]);
    expect(f1.value()).toBeCloseTo(2 / 3);
  });
});

test("top-k: of equal entries the first is the larger; targets that are one-hot or do not count", () => {
  const of = (t: Parameters<TopKAccuracy["update"]>[1], k: number, ignoreIndex: number | null = null) => {
    const metric = new TopKAccuracy({ k, ignoreIndex });
    metric.update(
      [
        [1, 1, 1],
        [0, 2, 1],
      ],
      t,
    );
    return metric.value();
  };
  expect(of(ids([0, 1]), 1)).toBe(1);
  expect(of(ids([1, 2]), 1)).toBe(0);
  expect(of(ids([1, 2]), 2)).toBe(1);
  expect(
    of(
      array([
        [0, 0, 1],
        [1, 0, 0],
      ]),
      2,
    ),
  ).toBe(0);
  expect(of(ids([2, -1]), 3, -1)).toBe(1);
  expect(new TopKAccuracy({ k: 3 }).name).toBe("top3Accuracy");
  const nan = new TopKAccuracy({ k: 1 });
  nan.update([[Number.NaN, 1]], ids([0]));
  expect(nan.value()).toBe(0);
});

test("a confusion matrix grows, is reset, and prints", () => {
  const matrix = new ConfusionMatrix({ labels: ["cat", "dog"] });
  expect(matrix.matrix).toEqual([]);
  matrix.update(scores([0, 1, 1], 2), ids([0, 0, 1]));
  expect(String(matrix)).toBe("    cat dog\ncat   1   1\ndog   0   1");
  matrix.matrix[0]![0] = 99;
  matrix.update(scores([2], 3), ids([0]));
  expect(matrix.matrix).toEqual([
    [1, 1, 1],
    [0, 1, 0],
    [0, 0, 0],
  ]);
  expect(String(matrix)).toMatch(/^ +cat dog +2\n/);
  matrix.reset();
  expect(matrix.matrix).toEqual([]);
});

test("a confusion matrix tells its labels, and keeps them", () => {
  const labels = ["cat", "dog"];
  const matrix = new ConfusionMatrix({ labels });
  labels[0] = "cow";
  expect(matrix.labels).toEqual(["cat", "dog"]);
  expect(new ConfusionMatrix().labels).toBeNull();
});

test("states go on in another metric", () => {
  for (const make of [
    () => new Accuracy(),
    () => new TopKAccuracy({ k: 2 }),
    () => new F1(),
    () => new MeanMetric("m", () => 2),
  ]) {
    const whole = make();
    const first = make();
    seed(5);
    const batches = [0, 1].map(() => [scores([0, 1, 2, 1], 3), ids([0, 1, 1, 2])] as const);
    for (const [y, t] of batches) whole.update(y, t);
    first.update(...batches[0]!);
    const second = make();
    second.loadState(JSON.parse(JSON.stringify(first.state())));
    second.update(...batches[1]!);
    expect(second.value()).toBe(whole.value());
    second.reset();
    second.update(...batches[0]!);
    expect(second.value()).toBe(first.value());
  }
});

describe("metrics by name", () => {
  test("in any spelling, with arguments, as objects, of losses and functions, in lists and with names", () => {
    const own = (y: unknown) => (y as { shape: number[] }).shape[0]!;
    const names = resolveMetrics("test", [
      "accuracy",
      "Top_K(k=3)",
      { name: "f1", average: "macro" },
      "mae",
      "huber(delta=2)",
      own,
      new Recall({ name: "sensitivity" }),
      "confusion matrix",
    ]).map(({ name, direction }) => `${name} ${direction}`);
    expect(names).toEqual([
      "accuracy max",
      "top3Accuracy max",
      "f1 max",
      "mae min",
      "huber min",
      "own null",
      "sensitivity max",
      "confusionMatrix null",
    ]);
    expect(resolveMetrics("test", { a: "f1", b: "f1(average=micro)", c: () => 1 }).map(({ name }) => name)).toEqual([
      "a",
      "b",
      "c",
    ]);
  });

  test("a mean weighs batches by their examples", () => {
    const [metric] = resolveMetrics("test", { error: (y, t) => F.meanAbsoluteError(y, t) });
    metric!.update(variable([1, 2, 3]), [1, 2, 6]);
    metric!.update(variable([5]), [1]);
    expect(metric!.value()).toBeCloseTo((3 * 1 + 4) / 4);
  });

  test.each([
    ["accurate", "expected a Loss or one of"],
    ["f1(averages=macro)", "unknown argument averages"],
    ["f1(average=mean)", 'average is "mean"'],
    ["topK(k=0)", "k is 0"],
    [3, "test: metric 0 is 3; expected a Metric, a name or a function"],
    [() => 1, "test: metric 0 has no name"],
  ])("%s is refused", (spec, message) => {
    expect(() => resolveMetrics("test", [spec as never])).toThrow(message);
  });

  test("two of one name, and what is no list, are refused", () => {
    expect(() => resolveMetrics("test", ["f1", new F1({ average: "micro" })])).toThrow("two metrics are called f1");
    expect(() => resolveMetrics("test", "f1" as never)).toThrow('metrics is "f1"; expected a list');
    expect(() => resolveMetrics("test", { a: new F1() })).toThrow("is called f1; expected the option name");
  });
});

test("bad input and options are refused, and nothing has changed", () => {
  const f1 = new F1({ positive: 4, average: "binary" });
  const accuracy = new Accuracy();
  accuracy.update([[0, 1]], ids([1]));
  expect(() => accuracy.update([[0, 1]], ids([2]))).toThrow("Accuracy: class 2");
  expect(() => accuracy.update([[0, 1]], array([1]))).toThrow("expected int32");
  expect(() => accuracy.update([0.5], [2])).toThrow("Accuracy: the target has 2 at position 0; expected 0 or 1");
  expect(() => accuracy.update([0.5], [1, 0])).toThrow("Accuracy: the prediction has shape (1,) and the target (2,)");
  expect(accuracy.value()).toBe(1);
  expect(() => new TopKAccuracy().update([[0, 1]], ids([1]))).toThrow("expected at least k = 5 classes");
  f1.update([[0, 1]], ids([1]));
  expect(() => f1.value()).toThrow("f1: there is no class 4; expected 0 to 1");
  expect(() => new F1({ averages: 1 } as never)).toThrow("F1: unknown option averages");
  expect(() => new Accuracy({ threshold: Number.NaN })).toThrow("threshold is NaN");
  expect(() => new ConfusionMatrix({ labels: [1] as never })).toThrow("labels");
});
