/** The sizes of a workload, which every twin reads. */
export type Sizes = Readonly<Record<string, number | string>>;

/** One row of the benchmark. */
export interface Workload {
  readonly name: string;
  /** Which program of each twin does it; `coldStart` and `peakMemory` are measured by the driver, over whole processes. */
  readonly family: string;
  readonly sizes: Sizes;
  /** Sizes at which the tests run it, to compare numbers rather than times. */
  readonly small: Sizes;
  /** The twins that it is measured in; all of them unless given. */
  readonly against?: readonly string[];
}

const vector = { size: 1_000_000 };
const square = { rows: 1000, cols: 1000 };
const mlp = { batch: 128, inputs: 784, hidden: 1000, classes: 10 };
const smallMlp = { batch: 8, inputs: 20, hidden: 16, classes: 10 };

/** All workloads, in the order of the report. */
export const suite: readonly Workload[] = [
  matmul("matmul-128", 128, "float32"),
  matmul("matmul-512", 512, "float32"),
  matmul("matmul-1024", 1024, "float32"),
  matmul("matmul-512-float64", 512, "float64"),
  elementwise("add"),
  elementwise("exp"),
  elementwise("tanh"),
  sum("sum-rows", 0),
  sum("sum-columns", 1),
  { name: "softmax", family: "softmax", sizes: square, small: { rows: 7, cols: 11 } },
  { name: "mlp", family: "mlp", sizes: mlp, small: smallMlp },
  { name: "lenet", family: "lenet", sizes: { batch: 64 }, small: { batch: 2 } },
  {
    name: "lstm",
    family: "lstm",
    sizes: { inputs: 128, hidden: 128, steps: 32, batch: 32 },
    small: { inputs: 5, hidden: 6, steps: 4, batch: 3 },
  },
  {
    name: "attention",
    family: "attention",
    sizes: { batch: 8, tokens: 128, width: 256, heads: 8 },
    small: { batch: 2, tokens: 5, width: 8, heads: 2 },
  },
  {
    name: "vae",
    family: "vae",
    sizes: { batch: 128, latents: 20, hidden: 256, channels1: 32, channels2: 64 },
    small: { batch: 2, latents: 3, hidden: 7, channels1: 3, channels2: 4 },
    against: ["pytorch"],
  },
  {
    name: "wgan-gp",
    family: "wganGP",
    sizes: { batch: 128, features: 2, hidden: 512 },
    small: { batch: 4, features: 2, hidden: 6 },
    against: ["pytorch"],
  },
  {
    name: "transformer",
    family: "transformer",
    sizes: { batch: 16, tokens: 128, width: 128, heads: 4, layers: 4, vocabulary: 79 },
    small: { batch: 2, tokens: 5, width: 8, heads: 2, layers: 2, vocabulary: 11 },
    against: ["pytorch"],
  },
  { name: "chain", family: "chain", sizes: { operations: 1000, size: 10 }, small: { operations: 20, size: 10 } },
  { name: "cold-start", family: "coldStart", sizes: {}, small: {} },
  {
    name: "peak-memory",
    family: "peakMemory",
    sizes: { ...mlp, trainingSteps: 2000 },
    small: smallMlp,
    against: ["pytorch"],
  },
];

function matmul(name: string, n: number, dtype: string): Workload {
  return { name, family: "matmul", sizes: { n, dtype }, small: { n: 9, dtype } };
}

function elementwise(name: string): Workload {
  return { name, family: name, sizes: vector, small: { size: 37 } };
}

/** The sum over `axis`, which takes all rows together or all columns. */
function sum(name: string, axis: number): Workload {
  return { name, family: "sum", sizes: { ...square, axis }, small: { rows: 7, cols: 11, axis } };
}
