import { grad } from "../../core/backward.js";
import { array, eye, randomNormal, randomUniform } from "../../core/creation.js";
import { gradcheck } from "../../core/gradcheck.js";
import type { NDArray } from "../../core/ndarray.js";
import { generator, seed } from "../../core/rng.js";
import { type Variable, variable } from "../../core/variable.js";
import { graphPropagate, type PropagationOptions, segmentSum } from "../../functions/graph.js";
import "../../functions/index.js";

const int32 = { dtype: "int32" } as const;
const normal = (...shape: number[]) => randomNormal(shape, { dtype: "float64" });

beforeEach(() => seed(31));

function thrown(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  throw new Error("nothing was thrown");
}

function expectClose(actual: Variable, expected: Variable): void {
  expect(actual.shape).toEqual(expected.shape);
  const values = expected.toTypedArray();
  actual.toTypedArray().forEach((v, i) => {
    expect(v).toBeCloseTo(values[i]!, 10);
  });
}

/** A random graph with loops and repeated edges, also as a matrix with targets in rows. */
function randomGraph(nodes: number, count: number): { edges: NDArray; weights: NDArray; matrix: NDArray } {
  const draw = () => Array.from({ length: count }, () => generator.integer(nodes));
  const [sources, targets] = [draw(), draw()];
  const weights = randomUniform([count], { low: 0.2, high: 2, dtype: "float64" });
  const rows = Array.from({ length: nodes }, () => new Array<number>(nodes).fill(0));
  weights.toTypedArray().forEach((w, i) => {
    rows[targets[i]!]![sources[i]!]! += w;
  });
  return { edges: array([sources, targets], int32), weights, matrix: array(rows, { dtype: "float64" }) };
}

describe("graphPropagate", () => {
  const settings: PropagationOptions[] = [
    {},
    { normalize: false },
    { selfLoops: false },
    { normalize: false, selfLoops: false },
  ];
  test.each(settings)("edges and a matrix agree, and so do their gradients: %j", (options) => {
    const { edges, weights, matrix } = randomGraph(9, 24);
    const [x, w, A] = [variable(normal(9, 3)), variable(weights), variable(matrix)];
    const [y, z] = [graphPropagate(x, { edges, weights: w }, options), graphPropagate(x, A, options)];
    expectClose(y, z);
    const gradYs = [normal(9, 3)];
    const [gx, gw] = grad([y], [x, w], { gradYs });
    const [gxOfMatrix, gA] = grad([z], [x, A], { gradYs });
    expectClose(gx!, gxOfMatrix!);
    const [sources, targets] = edges.toArray() as number[][];
    const rows = gA!.toArray() as number[][];
    expectClose(
      gw!,
      variable(
        array(
          sources!.map((s, i) => rows[targets![i]!]![s]!),
          { dtype: "float64" },
        ),
      ),
    );
  });

  test("an edge goes from its source to its target", () => {
    const x = [[1], [10], [100]];
    const options = { normalize: false, selfLoops: false };
    expect(
      graphPropagate(
        x,
        {
          edges: [
            [0, 2],
            [1, 1],
          ],
        },
        options,
      ).toArray(),
    ).toEqual([[0], [101], [0]]);
    const matrix = [
      [0, 0, 0],
      [1, 0, 1],
      [0, 0, 0],
    ];
    expect(graphPropagate(x, matrix, options).toArray()).toEqual([[0], [101], [0]]);
  });

  test("adds self loops where there are none", () => {
    const x = [[1], [10]];
    const edges = [[0], [0]];
    expect(graphPropagate(x, { edges, weights: [5] }, { normalize: false }).toArray()).toEqual([[5], [10]]);
    expect(
      graphPropagate(
        x,
        [
          [5, 0],
          [0, 0],
        ],
        { normalize: false },
      ).toArray(),
    ).toEqual([[5], [10]]);
    // A loop that is there keeps its weight, also one of 0.
    expect(graphPropagate(x, { edges, weights: [0] }, { normalize: false }).toArray()).toEqual([[0], [10]]);
  });

  test("the normalization of an undirected graph is Kipf and Welling's", () => {
    // The path 0 - 1 - 2, with self loops: degrees 2, 3, 2.
    const edges = [
      [0, 1, 1, 2],
      [1, 0, 2, 1],
    ];
    const y = graphPropagate(eye(3, 3, { dtype: "float64" }), { edges }).toArray() as number[][];
    const r = 1 / Math.sqrt(6);
    [
      [1 / 2, r, 0],
      [r, 1 / 3, r],
      [0, r, 1 / 2],
    ].forEach((row, i) => {
      row.forEach((v, j) => {
        expect(y[i]![j]).toBeCloseTo(v, 14);
      });
    });
  });

  test("a node of degree 0 receives zeros, and gradients stay finite", () => {
    const [x, w] = [variable(normal(3, 2)), variable([2, 0.5], { dtype: "float64" })];
    const f = (x: Variable, w: Variable) =>
      graphPropagate(
        x,
        {
          edges: [
            [0, 1],
            [1, 0],
          ],
          weights: w,
        },
        { selfLoops: false },
      );
    expect((f(x, w).toArray() as number[][])[2]).toEqual([0, 0]);
    const [gx, gw] = grad([f(x, w)], [x, w], { gradYs: [normal(3, 2)] });
    const matrix = variable(
      [
        [0, 0.5, 0],
        [2, 0, 0],
        [0, 0, 0],
      ],
      { dtype: "float64" },
    );
    const [gA] = grad([graphPropagate(x, matrix, { selfLoops: false })], [matrix], { gradYs: [normal(3, 2)] });
    for (const g of [gx, gw, gA]) expect(g!.toTypedArray().every(Number.isFinite)).toBe(true);
    expect(gradcheck((...v) => f(v[0]!, v[1]!), [x, w], { order: 2 })).toBe(true);
  });

  test("NaN in a weight is not hidden", () => {
    const y = graphPropagate([[1], [2]], { edges: [[0], [1]], weights: [Number.NaN] });
    expect((y.toArray() as number[][]).map(([v]) => Number.isNaN(v))).toEqual([false, true]);
  });

  test("counts integers and bools as weights", () => {
    const x = normal(2, 3);
    const expected = graphPropagate(x, [
      [0, 1],
      [1, 0],
    ]).toArray();
    for (const dtype of ["int32", "bool"] as const) {
      const y = graphPropagate(
        x,
        array(
          [
            [0, 1],
            [1, 0],
          ],
          { dtype },
        ),
      );
      expect([y.dtype, y.toArray()]).toEqual(["float64", expected]);
    }
    const edges = [
      [0, 1],
      [1, 0],
    ];
    expect(graphPropagate(x, { edges, weights: array([1, 1], int32) }).toArray()).toEqual(expected);
  });

  test("follows the edges as they were at the time of the call", () => {
    const edges = array(
      [
        [0, 1],
        [1, 1],
      ],
      int32,
    );
    const x = variable(normal(2, 1));
    const y = graphPropagate(x, { edges }, { normalize: false, selfLoops: false });
    edges.assign(
      array(
        [
          [0, 0],
          [0, 0],
        ],
        int32,
      ),
    );
    const [gx] = grad([y], [x], { gradYs: [array([[3], [7]], { dtype: "float64" })] });
    expect(gx!.toArray()).toEqual([[7], [7]]);
  });
});

describe("segmentSum", () => {
  test("is the adjoint of getItem", () => {
    const [x, y] = [normal(5, 3), normal(4, 3)];
    const ids = array([2, 0, 2, 3, 2], int32);
    const inner = (a: Variable, b: Variable) => a.mul(b).sum().item();
    expect(inner(segmentSum(x, ids, 4), variable(y))).toBeCloseTo(inner(variable(x), variable(y).getItem(ids)), 10);
  });

  test("counts bools", () => {
    const y = segmentSum([true, false, true, true], [0, 0, 1, 1], 2);
    expect([y.dtype, y.toArray()]).toEqual(["int32", [1, 2]]);
  });
});

describe("errors", () => {
  const x = array([[1], [2], [3]]);
  const edges = [[0], [1]];
  test.each<[() => unknown, string]>([
    [() => graphPropagate([1, 2], { edges }), "ShapeError: graphPropagate: x has shape (2,); expected (N, features)"],
    [
      () =>
        graphPropagate(x, [
          [0, 1],
          [1, 0],
        ]),
      "ShapeError: graphPropagate: an adjacency matrix of shape (2, 2); expected (3, 3)",
    ],
    [
      () => graphPropagate(x, eye(3, 3, { dtype: "float64" })),
      "DTypeError: graphPropagate: an adjacency matrix in float64 and x in float32; expected one dtype (astype)",
    ],
    [
      () =>
        graphPropagate(x, {
          edges: [
            [0, 1],
            [1, 2],
            [2, 0],
          ],
        }),
      "ShapeError: graphPropagate: edges have shape (3, 2); expected (2, E), sources above targets (transpose a list of pairs)",
    ],
    [
      () => graphPropagate(x, { edges: [0, 1] }),
      "ShapeError: graphPropagate: edges have shape (2,); expected (2, E), sources above targets (transpose a list of pairs)",
    ],
    [
      () =>
        graphPropagate(x, {
          edges: [
            [0, 1],
            [1, 3],
          ],
        }),
      "IndexError: graphPropagate: edge 1 goes from node 1 to node 3; expected nodes 0 to 2, the rows of x",
    ],
    [
      () => graphPropagate(x, { edges: [[-1], [1]] }),
      "IndexError: graphPropagate: edge 0 goes from node -1 to node 1; expected nodes 0 to 2, the rows of x",
    ],
    [
      () => graphPropagate(x, { edges: array([[0], [1]]) }),
      "DTypeError: graphPropagate: edges are float32; expected int32",
    ],
    [
      () => graphPropagate(x, { edges: [[true], [false]] }),
      "DTypeError: graphPropagate: edges are bool; expected int32",
    ],
    [
      () => graphPropagate(x, { edges, weights: [1, 2] }),
      "ShapeError: graphPropagate: weights of shape (2,); expected (1,)",
    ],
    [
      () => graphPropagate(x, { edges, weights: array([1], { dtype: "float64" }) }),
      "DTypeError: graphPropagate: weights in float64 and x in float32; expected one dtype (astype)",
    ],
    [
      () => graphPropagate(x, { edges, weights: [-3] }),
      "ArgumentError: graphPropagate: the weights of the edges to node 1 add up to -2; expected at least 0, or normalize: false",
    ],
    [
      () => graphPropagate(x, { edge_index: edges } as never),
      "ArgumentError: graphPropagate: the graph has edge_index; expected { edges, weights } or a matrix",
    ],
    [
      () => graphPropagate(x, {} as never),
      "ArgumentError: graphPropagate: the graph has no edges; expected { edges, weights } or a matrix",
    ],
    [
      () => graphPropagate(x, undefined as never),
      "ArgumentError: graphPropagate: the graph is undefined; expected { edges, weights } or a matrix",
    ],
    [
      () => segmentSum(x, [0, 1], 2),
      "ShapeError: segmentSum: x has shape (3, 1) and ids (2,); expected (m, ...) and (m,)",
    ],
    [() => segmentSum(1, [0], 2), "ShapeError: segmentSum: x has shape () and ids (1,); expected (m, ...) and (m,)"],
    [() => segmentSum(x, [0, 1, 2], 2), "IndexError: segmentSum: id 2 is out of range; expected 0 to 1"],
    [() => segmentSum(x, [0, -1, 1], 2), "IndexError: segmentSum: id -1 is out of range; expected 0 to 1"],
    [() => segmentSum(x, array([0, 1, 1]), 2), "DTypeError: segmentSum: ids are float32; expected int32"],
    [() => segmentSum(x, [0, 0, 0], 1.5), "ArgumentError: segmentSum: n is 1.5; expected a non-negative integer"],
  ])("%#", (f, message) => {
    expect(thrown(f)).toBe(message);
  });
});
