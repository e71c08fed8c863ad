import { array } from "../../../core/creation.js";
import type { NDArray } from "../../../core/ndarray.js";
import type { Variable } from "../../../core/variable.js";
import * as F from "../../../functions/index.js";
import type { Draw } from "../draw.js";
import { clearOf, elements, type Json, type Operation, operation, py, within } from "../operation.js";

type Reduction = "mean" | "sum" | "none";
const reduction = (d: Draw) => d.pick<Reduction>(["mean", "sum", "none"]);

type Loss = (x: Variable, t: Variable, options: { reduction: Reduction }) => Variable;

interface Range {
  /** Bounds of prediction and target. */
  x?: [number, number];
  t?: [number, number];
  /** Differences at which the derivative jumps. */
  kinks?: number[];
}

function differences(x: NDArray, t: NDArray): number[] {
  const other = elements(t);
  return elements(x).map((v, i) => v - other[i]!);
}

function entrywise(name: string, f: Loss, torch: string, { x, t, kinks = [] }: Range = {}): [string, Operation<Json>] {
  return [
    name,
    operation<{ reduction: Reduction }>({
      functions: [name],
      draw: (d) => {
        const prediction = d.operand({ nonEmpty: true });
        const inside = x === undefined ? prediction : d.into(prediction, ...x);
        const target = d.like(d.values[inside]!.shape);
        return { args: [inside, t === undefined ? target : d.into(target, ...t)], params: { reduction: reduction(d) } };
      },
      run: ([prediction, target], options) => f(prediction!, target!, options),
      torch: ({ reduction: r }) => torch.replaceAll("R", py(r)),
      smooth: ([prediction, target]) =>
        (x === undefined || within(prediction!, ...x)) &&
        (t === undefined || within(target!, ...t)) &&
        differences(prediction!, target!).every((v) => kinks.every((k) => Math.abs(v - k) > 0.01)),
    }),
  ];
}

/** A matrix of predictions, or more axes of them, calm enough for a softmax. */
function logits(d: Draw): number {
  return d.into(d.operand({ least: 1, nonEmpty: true }), -5, 5);
}

function classIds(d: Draw, shape: readonly number[]): number[] {
  return d.integers(
    shape.slice(0, -1).reduce((a, b) => a * b, 1),
    0,
    shape.at(-1)! - 1,
  );
}

const classTarget = (x: Variable, ids: number[]) => array(ids, { dtype: "int32" }).reshape(x.shape.slice(0, -1));

/** The vectors along the last axis. */
function vectors(x: NDArray): number[][] {
  const width = x.shape.at(-1)!;
  const flat = elements(x);
  return Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
}

/** Whether all vectors are clear of 0. */
function long(x: NDArray): boolean {
  return vectors(x).every((v) => Math.hypot(...v) > 0.3);
}

/** Whether some vectors have the same direction, where the cosine is largest and what its derivatives are made of cancels out. */
function parallel(x: NDArray, y: NDArray): boolean {
  const others = vectors(y);
  return vectors(x).some((v, i) => {
    const product = v.reduce((sum, a, j) => sum + a * others[i]![j]!, 0);
    return Math.abs(product) > 0.99 * Math.hypot(...v) * Math.hypot(...others[i]!);
  });
}

/** The losses. */
export const losses: Record<string, Operation<Json>> = Object.fromEntries([
  entrywise("meanSquaredError", F.meanSquaredError, "F.mse_loss(x0, x1, reduction=R)"),
  entrywise("squaredError", F.squaredError, "F.mse_loss(x0, x1, reduction=R) / 2"),
  entrywise("meanAbsoluteError", F.meanAbsoluteError, "F.l1_loss(x0, x1, reduction=R)", { kinks: [0] }),
  entrywise("huberLoss", F.huberLoss, "F.huber_loss(x0, x1, reduction=R)", { kinks: [-1, 1] }),
  entrywise("sigmoidCrossEntropy", F.sigmoidCrossEntropy, "F.binary_cross_entropy_with_logits(x0, x1, reduction=R)", {
    x: [-5, 5],
    t: [0, 1],
  }),
  entrywise("binaryCrossEntropy", F.binaryCrossEntropy, "binary_cross_entropy(x0, x1, R)", {
    x: [0.1, 0.9],
    t: [0.1, 0.9],
  }),
  entrywise("klDivergence", F.klDivergence, "F.kl_div(x0, x1, reduction=R)", { t: [0.1, 3] }),
  [
    "softmaxCrossEntropy",
    operation<{
      ids: number[];
      reduction: Reduction;
      labelSmoothing: number;
      ignoreIndex: number | null;
      weight: number[] | null;
    }>({
      functions: ["softmaxCrossEntropy"],
      draw: (d) => {
        const x = logits(d);
        const { shape } = d.values[x]!;
        const count = shape.at(-1)!;
        return {
          args: [x],
          params: {
            ids: classIds(d, shape),
            reduction: reduction(d),
            labelSmoothing: d.pick([0, 0, 0.2]),
            ignoreIndex: d.chance(0.2) ? d.integer(0, count - 1) : null,
            weight: d.chance(0.3) ? Array.from({ length: count }, () => d.number(0.5, 2)) : null,
          },
        };
      },
      run: ([x], { ids, ...options }) => F.softmaxCrossEntropy(x!, classTarget(x!, ids), options),
      torch: ({ ids, reduction: r, labelSmoothing, ignoreIndex, weight }) =>
        `cross_entropy(x0, [${ids}], ${py(r)}, ${labelSmoothing}, ${py(ignoreIndex)}, ${py(weight)})`,
    }),
  ],
  [
    "softmaxCrossEntropySimple",
    operation<{ ids: number[] }>({
      functions: ["softmaxCrossEntropySimple"],
      draw: (d) => {
        const x = logits(d);
        return { args: [x], params: { ids: classIds(d, d.values[x]!.shape) } };
      },
      run: ([x], { ids }) => F.softmaxCrossEntropySimple(x!, classTarget(x!, ids)),
      torch: ({ ids }) => `cross_entropy(x0, [${ids}], "mean", 0, None, None)`,
    }),
  ],
  [
    "softmaxCrossEntropySoft",
    operation<{ reduction: Reduction; labelSmoothing: number }>({
      functions: ["softmaxCrossEntropy"],
      draw: (d) => {
        const x = logits(d);
        const t = d.into(d.like(d.values[x]!.shape), 0, 1);
        return { args: [x, t], params: { reduction: reduction(d), labelSmoothing: d.pick([0, 0.3]) } };
      },
      run: ([x, t], options) => F.softmaxCrossEntropy(x!, t!, options),
      torch: ({ reduction: r, labelSmoothing }) => `soft_cross_entropy(x0, x1, ${py(r)}, ${labelSmoothing})`,
      smooth: ([, t]) => within(t!, 0, 1),
    }),
  ],
  [
    "crossEntropy",
    operation<{ ids: number[]; reduction: Reduction }>({
      functions: ["crossEntropy"],
      draw: (d) => {
        const [x] = d.step("softmax", [logits(d)], { axis: -1 });
        return { args: [x!], params: { ids: classIds(d, d.values[x!]!.shape), reduction: reduction(d) } };
      },
      run: ([x], { ids, reduction: r }) => F.crossEntropy(x!, classTarget(x!, ids), { reduction: r }),
      torch: ({ ids, reduction: r }) => `class_entropy(x0, [${ids}], ${py(r)})`,
      smooth: ([x]) => within(x!, 1e-3, 1),
    }),
  ],
  [
    "vaeLoss",
    operation<{ reduction: Reduction }>({
      functions: ["vaeLoss"],
      draw: (d) => {
        const recon = d.into(d.operand({ least: 1, nonEmpty: true }), 0.1, 0.9);
        const { shape } = d.values[recon]!;
        const t = d.into(d.like(shape), 0, 1);
        const code = [shape[0]!, d.integer(1, 3)];
        return { args: [recon, t, d.like(code), d.into(d.like(code), -3, 3)], params: { reduction: reduction(d) } };
      },
      run: ([recon, t, mean, logVar], options) => F.vaeLoss(recon!, t!, mean!, logVar!, options),
      torch: ({ reduction: r }) => `vae_loss(*xs, ${py(r)})`,
      smooth: ([recon, t]) => within(recon!, 0.05, 0.95) && within(t!, 0, 1),
    }),
  ],
  [
    "cosineEmbeddingLoss",
    operation<{ labels: number[]; margin: number; reduction: Reduction }>({
      functions: ["cosineEmbeddingLoss"],
      draw: (d) => {
        const a = d.ofRank(2, { nonEmpty: true });
        const { shape } = d.values[a]!;
        const labels = Array.from({ length: shape[0]! }, () => d.pick([-1, 1]));
        return { args: [a, d.like(shape)], params: { labels, margin: -0.99, reduction: reduction(d) } };
      },
      run: ([a, b], { labels, ...options }) =>
        F.cosineEmbeddingLoss(a!, b!, array(labels, { dtype: "int32" }), options),
      torch: ({ labels, margin, reduction: r }) =>
        `F.cosine_embedding_loss(x0, x1, torch.tensor([${labels}]), margin=${margin}, reduction=${py(r)})`,
      smooth: (xs) => xs.every(long) && xs[0]!.shape[1]! > 1 && !parallel(xs[0]!, xs[1]!),
    }),
  ],
  [
    "tripletMarginLoss",
    operation<{ margin: number; p: number; swap: boolean; reduction: Reduction }>({
      functions: ["tripletMarginLoss"],
      draw: (d) => {
        const a = d.ofRank(2, { nonEmpty: true });
        const { shape } = d.values[a]!;
        const params = { margin: 40, p: d.pick([1, 2, 3]), swap: false, reduction: reduction(d) };
        return { args: [a, d.leaf(shape), d.leaf(shape)], params };
      },
      run: ([a, p, n], options) => F.tripletMarginLoss(a!, p!, n!, options),
      torch: ({ margin, p, swap, reduction: r }) =>
        `F.triplet_margin_loss(*xs, margin=${margin}, p=${p}, swap=${py(swap)}, reduction=${py(r)})`,
      smooth: ([a, p, n]) =>
        within(a!, -5, 5) &&
        a!.shape[1]! <= 6 &&
        [p!, n!].every((x) => differences(a!, x).every((v) => Math.abs(v) > 0.02)),
    }),
  ],
  [
    "accuracy",
    operation<{ ids: number[] }>({
      functions: ["accuracy"],
      draw: (d) => {
        const x = d.operand({ least: 1, nonEmpty: true });
        return { args: [x], params: { ids: classIds(d, d.values[x]!.shape) } };
      },
      run: ([x], { ids }) => F.accuracy(x!, classTarget(x!, ids)),
      torch: ({ ids }) => `(x0.argmax(-1).reshape(-1) == torch.tensor([${ids}])).double().mean()`,
      smooth: ([x]) => clearOf(x!) && rowsApart(x!),
    }),
  ],
]);

/** Whether the largest of every row is clear of the others. */
function rowsApart(x: NDArray): boolean {
  return vectors(x).every((row) => {
    const [first, second] = [...row].sort((a, b) => b - a);
    return second === undefined || first! - second > 0.01;
  });
}
