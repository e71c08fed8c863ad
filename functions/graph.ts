import { type DType, isFloat } from "../core/dtype.js";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import { indexArray } from "../core/indexing.js";
import { NDArray } from "../core/ndarray.js";
import { addRows, filled } from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { type Shape, shapeText, sizeOf } from "../core/shape.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { add, mul } from "./arithmetic.js";
import { equal } from "./comparison.js";
import { diagonal } from "./diagonal.js";
import { astype, floating } from "./dtype.js";
import { getItem } from "./indexing.js";
import { matmul } from "./linalg.js";
import { rsqrt } from "./math.js";
import { sum } from "./reduce.js";
import { where } from "./selection.js";
import { expandDims } from "./shape.js";

/** Adds up the rows of each segment. */
class SegmentSum extends FrugalFunction {
  constructor(
    private readonly ids: NDArray,
    private readonly n: number,
  ) {
    super();
  }

  override forward(x: NDArray): NDArray {
    const row = x.shape.slice(1);
    return addRows(x, this.ids, sizeOf(row), [this.n, ...row]);
  }

  override backward(gy: Variable): Variable {
    return getItem(gy, this.ids);
  }
}

/**
 * `y[k]`, of `n`, is the sum of all `x[i]` with `ids[i] = k`: (m, ...) to (n, ...), with `ids` (m,) in int32. The adjoint of
 * `getItem(y, ids)`; in PyTorch `zeros(n, ...).index_add(0, ids, x)`.
 * @throws ShapeError when `x` has no axis, or `ids` are not as many; IndexError for an id outside 0 to n - 1; DTypeError when
 * `ids` are not integers.
 */
export function segmentSum(x: Operand, ids: Operand, n: number): Variable {
  const input = asVariable("segmentSum", x);
  const segments = integerArray("segmentSum", "ids", ids);
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new ArgumentError(`segmentSum: n is ${n}; expected a non-negative integer`);
  }
  if (input.ndim === 0 || segments.ndim !== 1 || segments.shape[0] !== input.shape[0]) {
    throw new ShapeError(
      `segmentSum: x has shape ${shapeText(input.shape)} and ids ${shapeText(segments.shape)}; expected (m, ...) and (m,)`,
    );
  }
  const outside = segments.toTypedArray().find((id) => id < 0 || id >= n);
  if (outside !== undefined) {
    throw new IndexError(`segmentSum: id ${outside} is out of range; expected 0 to ${n - 1}`);
  }
  const summed = input.dtype === "bool" ? astype(input, "int32") : input;
  // A copy, since backward needs the ids as they are now.
  return new SegmentSum(segments.copy(), n).apply(summed);
}

/** A graph by its edges. */
export interface Edges {
  /** (2, E) in int32: the nodes that edges come from and, below them, the nodes that they go to. */
  readonly edges: Operand;
  /** (E,): 1 unless given. */
  readonly weights?: Operand | null;
}

/**
 * A graph of N nodes: a matrix (N, N) that has the weight of the edge from node j to node i in row i and column j, or a list of
 * edges. Edges between the same two nodes add up.
 */
export type Adjacency = Operand | Edges;

/** Options of `graphPropagate`. */
export interface PropagationOptions {
  /** Whether an edge from j to i counts `1 / sqrt(degree(i) degree(j))`: true unless given. */
  normalize?: boolean;
  /** Whether nodes without an edge to themselves get one, of weight 1: true unless given. */
  selfLoops?: boolean;
}

/**
 * What the nodes of a graph receive when each sends its row of `x` (N, features) along its edges: (N, features),
 * `D^-1/2 (A + I) D^-1/2 x`, where A has the weights (targets in rows, sources in columns), I the missing self loops, and D the
 * sums of the rows of A + I (Kipf and Welling, "Semi-supervised classification with graph convolutional networks", 2017). Nodes
 * of degree 0 receive zeros. Gradients flow to `x` and to the matrix or the weights of the edges. In PyTorch Geometric: what
 * `GCNConv` does after its product with the weight, and `adj @ x` for dense graphs.
 * @throws ShapeError when `x` is no matrix or the graph has other shapes than the above; IndexError for an edge to or from a node
 * that is none; DTypeError when edges are not integers, or weights of another floating-point dtype than `x`; ArgumentError when the graph is neither a matrix nor edges, or has a
 * negative degree.
 */
export function graphPropagate(x: Operand, adjacency: Adjacency, options: PropagationOptions = {}): Variable {
  checkOptions("graphPropagate", options, ["normalize", "selfLoops"]);
  const input = floating("graphPropagate", x);
  if (input.ndim !== 2) {
    throw new ShapeError(`graphPropagate: x has shape ${shapeText(input.shape)}; expected (N, features)`);
  }
  return propagation("graphPropagate", adjacency, { nodes: input.shape[0]!, dtype: input.dtype, ...options })(input);
}

interface Graph {
  /** A x. */
  receive(x: Variable): Variable;
  /** The sums of the rows of A. */
  degrees: Variable;
  /** For each node whether it has no edge to itself. */
  loopless: Variable;
}

/**
 * @internal `graphPropagate` over one graph, which is checked here and now.
 * @throws as `graphPropagate`.
 */
export function propagation(
  operation: string,
  adjacency: Adjacency,
  { nodes, dtype, normalize = true, selfLoops = true }: PropagationOptions & { nodes: number; dtype: DType },
): (x: Variable) => Variable {
  const given: unknown = adjacency;
  if (given === undefined || given === null) {
    throw new ArgumentError(`${operation}: the graph is ${given}; expected { edges, weights } or a matrix`);
  }
  const graph = isEdges(adjacency)
    ? edgeGraph(operation, adjacency, nodes, dtype)
    : matrixGraph(operation, adjacency, nodes, dtype);
  const loops = selfLoops ? astype(graph.loopless, dtype) : null;
  const receive = (x: Variable) => {
    const received = graph.receive(x);
    return loops === null ? received : add(received, mul(x, expandDims(loops, 1)));
  };
  if (!normalize) return receive;
  const degrees = loops === null ? graph.degrees : add(graph.degrees, loops);
  const scale = expandDims(inverseRoot(operation, degrees), 1);
  return (x) => mul(receive(mul(x, scale)), scale);
}

/** `degrees ** -0.5`, and 0 for a node without edges. */
function inverseRoot(operation: string, degrees: Variable): Variable {
  const values = degrees.toTypedArray();
  const negative = values.findIndex((degree) => degree < 0);
  if (negative >= 0) {
    throw new ArgumentError(
      `${operation}: the weights of the edges to node ${negative} add up to ${values[negative]}; expected at least 0, or normalize: false`,
    );
  }
  const alone = equal(degrees, 0);
  return where(alone, 0, rsqrt(where(alone, 1, degrees)));
}

function matrixGraph(operation: string, adjacency: Operand, nodes: number, dtype: DType): Graph {
  const matrix = weightsOf(operation, "an adjacency matrix", adjacency, [nodes, nodes], dtype);
  return {
    receive: (x) => matmul(matrix, x),
    degrees: sum(matrix, { axis: 1 }),
    loopless: equal(diagonal(matrix.data), 0),
  };
}

function edgeGraph(operation: string, adjacency: Edges, nodes: number, dtype: DType): Graph {
  const { edges, weights = null, ...unknown } = adjacency;
  const others = Object.keys(unknown);
  if (others.length > 0 || edges === undefined) {
    throw new ArgumentError(
      `${operation}: the graph has ${others.join(", ") || "no edges"}; expected { edges, weights } or a matrix`,
    );
  }
  const ids = integerArray(operation, "edges", edges);
  if (ids.ndim !== 2 || ids.shape[0] !== 2) {
    throw new ShapeError(
      `${operation}: edges have shape ${shapeText(ids.shape)}; expected (2, E), sources above targets (transpose a list of pairs)`,
    );
  }
  const count = ids.shape[1]!;
  const values = ids.toTypedArray();
  const loopless = new Uint8Array(nodes).fill(1);
  for (let i = 0; i < count; i++) {
    const [from, to] = [values[i]!, values[count + i]!];
    if (Math.min(from, to) < 0 || Math.max(from, to) >= nodes) {
      throw new IndexError(
        `${operation}: edge ${i} goes from node ${from} to node ${to}; expected nodes 0 to ${nodes - 1}, the rows of x`,
      );
    }
    if (from === to) loopless[from] = 0;
  }
  const weight = weights === null ? null : weightsOf(operation, "weights", weights, [count], dtype);
  const [sources, targets] = [ids.slice(0), ids.slice(1)];
  return {
    receive: (x) => {
      const sent = getItem(x, sources);
      return segmentSum(weight === null ? sent : mul(sent, expandDims(weight, 1)), targets, nodes);
    },
    degrees: segmentSum(weight ?? filled([count], 1, dtype), targets, nodes),
    loopless: asVariable(operation, loopless),
  };
}

/** The weights in the dtype of `x`; integers and bools are as good as floats, since weights often are nothing but 0 and 1. */
function weightsOf(operation: string, what: string, weights: Operand, shape: Shape, dtype: DType): Variable {
  const given = asVariable(operation, weights, { dtype });
  if (given.shape.length !== shape.length || given.shape.some((n, i) => n !== shape[i])) {
    throw new ShapeError(`${operation}: ${what} of shape ${shapeText(given.shape)}; expected ${shapeText(shape)}`);
  }
  if (isFloat(given.dtype) && given.dtype !== dtype) {
    throw new DTypeError(`${operation}: ${what} in ${given.dtype} and x in ${dtype}; expected one dtype (astype)`);
  }
  return astype(given, dtype);
}

/** Whether a graph is given by its edges. */
function isEdges(adjacency: Adjacency): adjacency is Edges {
  return (
    typeof adjacency === "object" &&
    !(adjacency instanceof Variable || adjacency instanceof NDArray) &&
    !Array.isArray(adjacency) &&
    !ArrayBuffer.isView(adjacency)
  );
}

function integerArray(operation: string, what: string, ids: Operand): NDArray {
  const given = ids instanceof Variable ? ids.data : ids;
  const array = given instanceof NDArray ? given : indexArray(operation, given);
  if (array.dtype === "int32") return array;
  throw new DTypeError(`${operation}: ${what} are ${array.dtype}; expected int32`);
}
