import { array, grad, randomNormal, seed, Variable, variable, zeros } from "../../core/index.js";
import { getItem } from "../../functions/indexing.js";
import { GCNConv } from "../../nn/index.js";

const int32 = { dtype: "int32" } as const;
const float64 = { dtype: "float64" } as const;

beforeEach(() => seed(41));

// A triangle 0 - 1 - 2 with an edge on to 3.
const EDGES = [
  [0, 1, 1, 2, 2, 0, 2, 3],
  [1, 0, 2, 1, 0, 2, 3, 2],
];
const MATRIX = [
  [0, 1, 1, 0],
  [1, 0, 1, 0],
  [1, 1, 0, 1],
  [0, 0, 1, 0],
];

describe("GCNConv", () => {
  test("takes a graph in every form", () => {
    const x = randomNormal([4, 3]);
    const layer = new GCNConv({ nOut: 2, actFn: "tanh" });
    const expected = layer.forward(x, MATRIX).toArray();
    const close = (y: Variable) => {
      y.toTypedArray().forEach((v, i) => {
        expect(v).toBeCloseTo((expected as number[][]).flat()[i]!, 5);
      });
    };
    const matrix = array(MATRIX);
    for (const graph of [matrix, matrix.astype("bool"), array(MATRIX, int32), variable(matrix)]) {
      close(layer.forward(x, graph));
    }
    const edges = array(EDGES, int32);
    for (const given of [EDGES, edges, new Variable(edges, false)]) close(layer.forward(x, { edges: given }));
    for (const weights of [null, undefined, EDGES[0]!.map(() => 1), variable(array(EDGES[0]!.map(() => 1)))]) {
      close(layer.forward(x, { edges, weights }));
    }
  });

  test("nodes learn from those at a distance of as many edges as there are layers", () => {
    const [first, second] = [new GCNConv({ nOut: 2, ...float64 }), new GCNConv({ nOut: 2, ...float64 })];
    const x = variable(randomNormal([4, 3], float64));
    const reached = (y: Variable, node: number) => {
      const gradient = zeros([4, 2], float64);
      gradient.slice(node).assign(randomNormal([2], float64));
      const [gx] = grad([y], [x], { gradYs: [gradient] });
      return (gx!.toArray() as number[][]).map((row) => row.some((v) => v !== 0));
    };
    const graph = { edges: EDGES };
    expect(reached(first.forward(x, graph), 3)).toEqual([false, false, true, true]);
    expect(reached(second.forward(first.forward(x, graph), graph), 3)).toEqual([true, true, true, true]);
  });

  test("the order of the nodes does not matter", () => {
    const layer = new GCNConv({ nOut: 2, ...float64 });
    const x = randomNormal([4, 3], float64);
    const order = [2, 0, 3, 1];
    const y = layer.forward(x, { edges: EDGES }).toArray() as number[][];
    const places = order.map((_, node) => order.indexOf(node));
    const z = layer.forward(getItem(x, order), { edges: EDGES.map((ids) => ids.map((id) => places[id]!)) });
    (z.toArray() as number[][]).forEach((row, i) => {
      row.forEach((v, k) => {
        expect(v).toBeCloseTo(y[order[i]!]![k]!, 12);
      });
    });
  });

  test("a bad graph leaves a layer as it was", () => {
    const layer = new GCNConv({ nOut: 2 });
    expect(() => layer.forward(zeros([3, 5]), { edges: [[0], [3]] })).toThrow(
      "GCNConv: edge 0 goes from node 0 to node 3",
    );
    expect(() => layer.forward(zeros([3, 5]), { edges: [[0], [1]], weights: [-2] })).toThrow("add up to -1");
    expect(layer.W.initialized).toBe(false);
    expect(layer.forward(zeros([3, 4]), { edges: [[0], [1]] }).shape).toEqual([3, 2]);
  });

  const layer = () => new GCNConv({ nOut: 2, nIn: 3 });
  const x = () => zeros([4, 3]);
  test.each<[() => unknown, string]>([
    [() => layer().forward(zeros([3]), MATRIX), "GCNConv: the input has shape (3,); expected 2 axes (N, nIn)"],
    [() => layer().forward(zeros([4, 2]), MATRIX), "GCNConv: the input of shape (4, 2) has 2 features; expected 3"],
    [
      () => layer().forward(zeros([0, 3]), []),
      "GCNConv: the input of shape (0, 3) has no elements; expected at least one",
    ],
    [() => layer().forward(zeros([4, 3], float64), MATRIX), "GCNConv: the input is float64; expected float32 (astype)"],
    [
      () => layer().forward(x(), undefined as never),
      "GCNConv: the graph is undefined; expected { edges, weights } or a matrix",
    ],
    [() => layer().forward(x(), 1), "GCNConv: an adjacency matrix of shape (); expected (4, 4)"],
    [() => layer().forward(x(), zeros([3, 4])), "GCNConv: an adjacency matrix of shape (3, 4); expected (4, 4)"],
    [
      () => layer().forward(x(), zeros([4, 4], float64)),
      "GCNConv: an adjacency matrix in float64 and x in float32; expected one dtype (astype)",
    ],
    [
      () => layer().forward(x(), { edges: EDGES, weights: new Float64Array(8) }),
      "GCNConv: weights in float64 and x in float32; expected one dtype (astype)",
    ],
    [() => layer().forward(x(), { edges: EDGES, weights: [1, 2] }), "GCNConv: weights of shape (2,); expected (8,)"],
    [
      () => layer().forward(x(), { edges: array(EDGES, int32).transpose() }),
      "GCNConv: edges have shape (8, 2); expected (2, E), sources above targets (transpose a list of pairs)",
    ],
    [() => layer().forward(x(), { edges: array(EDGES) }), "GCNConv: edges are float32; expected int32"],
    [
      () => layer().forward(x(), { edges: [[0], [4]] }),
      "GCNConv: edge 0 goes from node 0 to node 4; expected nodes 0 to 3",
    ],
    [() => new GCNConv({} as never), "GCNConv: nOut is undefined; expected a whole number of at least 1"],
    [() => new GCNConv({ nOut: 2, nIn: 0 }), "GCNConv: nIn is 0; expected a whole number of at least 1"],
    [() => new GCNConv({ nOut: 2, normalize: 1 as never }), "GCNConv: normalize is 1; expected true or false"],
    [() => new GCNConv({ nOut: 2, selfLoops: "yes" as never }), 'GCNConv: selfLoops is "yes"; expected true or false'],
    [
      () => new GCNConv({ nOut: 2, improved: true } as never),
      "GCNConv: unknown option improved; expected some of nOut, nIn, normalize, selfLoops, actFn, init, bias, dtype",
    ],
  ])("errors name it: %#", (run, message) => {
    expect(run).toThrow(message);
  });
});
