import { GCNConv, type GCNConvOptions } from "../../../nn/index.js";
import { type Input, integers, type LayerCase, positive, real, row } from "./case.js";

type Options = Omit<GCNConvOptions, "nOut">;

// 0 -> 1 twice, a loop at 2; no edge leads to 3, and 4 has none at all.
const EDGES = integers([2, 6], [0, 0, 1, 2, 2, 3, 1, 1, 2, 2, 0, 1]);
/** The same graph: targets in rows, sources in columns. */
const COUNTS = integers([5, 5], [0, 0, 1, 0, 0, 2, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** A graph by `edges` in Python, as a matrix. */
const matrixOf = (weights: string) =>
  `A = torch.zeros(5, 5).index_put((x[1][1], x[1][0]), ${weights}, accumulate=True)`;

/** The definition in Python for a matrix `A`. */
function definition({ normalize = true, selfLoops = true, bias = true }: Options, activation: string): string[] {
  return [
    ...(selfLoops ? ["A = A + torch.diag((torch.diagonal(A) == 0).double())"] : []),
    ...(normalize ? ["d = A.sum(1)", "r = torch.where(d > 0, d, torch.ones(len(d))) ** -0.5 * (d > 0)"] : []),
    ...(normalize ? ["A = torch.diag(r) @ A @ torch.diag(r)"] : []),
    `${activation}(A @ x[0] @ p['W']${bias ? " + p['b']" : ""})`,
  ];
}

function edges(label: string, options: Options, weighted: boolean, activation = ""): LayerCase {
  const weights: Input[] = weighted ? [positive([6])] : [];
  return row({
    layer: "GCNConv",
    label: `${weighted ? "weighted edges" : "edges"}, ${label}`,
    make: (o) => new GCNConv({ nOut: 2, ...options, ...o }),
    sizes: { nIn: 3 },
    inputs: [real([5, 3]), EDGES, ...weights],
    anyDType: [2],
    call: (layer, x, edges, weights) => layer.forward(x!, { edges: edges!, weights }),
    torch: [matrixOf(weighted ? "x[2]" : "torch.ones(6)"), ...definition(options, activation)].join("\n"),
  });
}

function matrix(label: string, adjacency: Input, options: Options): LayerCase {
  return row({
    layer: "GCNConv",
    label: `matrix, ${label}`,
    make: (o) => new GCNConv({ nOut: 2, ...options, ...o }),
    sizes: { nIn: 3 },
    inputs: [real([adjacency.shape[0]!, 3]), adjacency],
    anyDType: [1],
    call: (layer, x, adjacency) => layer.forward(x!, adjacency!),
    torch: ["A = x[1].double()", ...definition(options, "")].join("\n"),
  });
}

/** Graph convolution. */
export const cases: readonly LayerCase[] = [
  edges("normalized", {}, true),
  edges("normalized", {}, false),
  edges("no self loops", { selfLoops: false }, true),
  edges("not normalized", { normalize: false }, true),
  edges("not normalized, no self loops, no bias", { normalize: false, selfLoops: false, bias: false }, false),
  edges("tanh, no bias", { actFn: "tanh", bias: false }, true, "torch.tanh"),
  matrix("normalized", COUNTS, {}),
  matrix("no self loops", COUNTS, { selfLoops: false }),
  matrix("not normalized", COUNTS, { normalize: false }),
  matrix("of weights, normalized", positive([4, 4]), {}),
  matrix("of weights, not normalized, some negative", real([3, 3]), { normalize: false }),
];
