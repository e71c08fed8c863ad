import { type Edges, graphPropagate, type PropagationOptions, segmentSum } from "../../../functions/graph.js";
import { type FunctionCase, integers, positive, real } from "./case.js";

// 0 -> 1 twice, a loop at 2; no edge leads to 3, and 4 has none at all.
const EDGES = integers([2, 6], [0, 0, 1, 2, 2, 3, 1, 1, 2, 2, 0, 1]);
/** The same graph: targets in rows, sources in columns. */
const COUNTS = integers([5, 5], [0, 0, 1, 0, 0, 2, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const MISSING_LOOPS = "torch.diag(torch.tensor([1., 1., 0., 1., 1.]))";

const SETTINGS: readonly PropagationOptions[] = [
  {},
  { normalize: false },
  { selfLoops: false },
  { normalize: false, selfLoops: false },
];

/** `matrix @ x0`, or D^-1/2 matrix D^-1/2 x0, where D is made of the sums of the rows. */
function product(matrix: string, { normalize = true }: PropagationOptions): string {
  const root = "(A.sum(1) + (A.sum(1) == 0)) ** -0.5 * (A.sum(1) != 0)";
  return normalize ? `(lambda A: (lambda s: s[:, None] * A * s)(${root}))(${matrix}) @ x0` : `${matrix} @ x0`;
}

function looped(matrix: string, { selfLoops = true }: PropagationOptions): string {
  return selfLoops ? `(${matrix} + ${MISSING_LOOPS})` : matrix;
}

function edgeCase(options: PropagationOptions, weighted: boolean): FunctionCase {
  const weights = weighted ? "x2" : "torch.ones(6)";
  const matrix = `torch.zeros(5, 5).index_put((x1[1], x1[0]), ${weights}, accumulate=True)`;
  return {
    name: "graphPropagate",
    label: `${weighted ? "weighted edges" : "edges"} ${JSON.stringify(options)}`,
    inputs: [real([5, 3]), EDGES, ...(weighted ? [positive([6])] : [])],
    call: (x, edges, weights) => graphPropagate(x!, { edges: edges!, weights } as Edges, options),
    torch: product(looped(matrix, options), options),
  };
}

function matrixCase(options: PropagationOptions): FunctionCase {
  return {
    name: "graphPropagate",
    label: `matrix of counts ${JSON.stringify(options)}`,
    inputs: [real([5, 2]), COUNTS],
    call: (x, matrix) => graphPropagate(x!, matrix!, options),
    torch: product(looped("x1.double()", options), options),
  };
}

export const graphCases: FunctionCase[] = [
  {
    name: "segmentSum",
    label: "rows, some segments without any",
    inputs: [real([5, 3]), integers([5], [3, 0, 3, 3, 1])],
    call: (x, ids) => segmentSum(x!, ids!, 5),
    torch: "torch.zeros(5, 3).index_add(0, x1, x0)",
  },
  {
    name: "segmentSum",
    label: "numbers",
    inputs: [real([4]), integers([4], [1, 1, 0, 1])],
    call: (x, ids) => segmentSum(x!, ids!, 2),
    torch: "torch.zeros(2).index_add(0, x1, x0)",
  },
  {
    name: "segmentSum",
    label: "nothing",
    inputs: [real([0, 2]), integers([0], [])],
    call: (x, ids) => segmentSum(x!, ids!, 2),
    torch: "torch.zeros(2, 2).index_add(0, x1, x0)",
  },
  ...SETTINGS.map((options) => edgeCase(options, true)),
  ...SETTINGS.map((options) => edgeCase(options, false)),
  ...SETTINGS.map(matrixCase),
  {
    name: "graphPropagate",
    label: "weighted matrix",
    inputs: [real([4, 2]), positive([4, 4])],
    call: (x, matrix) => graphPropagate(x!, matrix!),
    torch: product("x1", {}),
  },
  {
    name: "graphPropagate",
    label: "weighted matrix, unnormalized, with negative weights",
    inputs: [real([3, 2]), real([3, 3])],
    call: (x, matrix) => graphPropagate(x!, matrix!, { normalize: false }),
    torch: "x1 @ x0",
  },
  {
    name: "graphPropagate",
    label: "no edges",
    inputs: [real([3, 2]), integers([2, 0], [])],
    call: (x, edges) => graphPropagate(x!, { edges: edges! }),
    torch: "x0 * 1",
  },
];
