import { array, arrayOf } from "../core/creation.js";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../core/errors.js";
import { NDArray, type NestedArray, type NumericArray } from "../core/ndarray.js";
import { checkOptions, unquoted } from "../core/options.js";
import { shapeText } from "../core/shape.js";
import { type Operand, Variable } from "../core/variable.js";
import { mul } from "./arithmetic.js";
import { floating } from "./dtype.js";
import { segmentSum } from "./graph.js";
import { getItem } from "./indexing.js";
import { where } from "./selection.js";

/** Options of `embedding`. */
export interface EmbeddingOptions {
  /** The id whose row gets no gradient: none unless given. */
  paddingId?: number | null;
}

/** How `embeddingBag` joins the rows of a bag. */
export type EmbeddingPool = "sum" | "mean";

/** Options of `embeddingBag`. */
export interface EmbeddingBagOptions {
  /** `"mean"` unless given. */
  pool?: EmbeddingPool;
  /** The id that is left out of every bag: none unless given. */
  paddingId?: number | null;
}

/** Bags of ids: an array (N, length), or a list of bags of any lengths. */
export type IdBags = Operand | readonly (NumericArray | readonly number[])[];

/** Ids that have been found to be some, with the shape they were given in. */
interface Ids {
  shape: readonly number[];
  values: Int32Array;
}

/** The ids of all bags in a row, and the bag that each is of. */
interface Bags {
  ids: Int32Array;
  owners: Int32Array;
  /** How many ids there are in each. */
  lengths: readonly number[];
}

/**
 * The rows of `W` (vocabulary, width) at `ids` (int32) of any shape: (...ids.shape, width). The gradient adds up where an id is
 * repeated. In PyTorch: `embedding(ids, W, padding_idx)`.
 * @throws ShapeError when `W` is no matrix or `ids` is ragged; DTypeError when ids are not integers; IndexError for an id
 * outside the vocabulary, negative ones included.
 */
export function embedding(W: Operand, ids: Operand, options: EmbeddingOptions = {}): Variable {
  checkOptions("embedding", options, ["paddingId"]);
  const { paddingId = null } = options;
  return lookUp("embedding", W, ids, paddingId);
}

/**
 * The sums or the means of the rows of `W` (vocabulary, width) that each of N bags of ids picks, as often as it has them:
 * (N, width). An empty bag gives zeros. In PyTorch: `embedding_bag(ids, W, offsets, mode=pool, padding_idx)`.
 * @throws ShapeError when `W` is no matrix or an array of ids has not two axes; DTypeError when ids are not integers; IndexError for
 * an id outside the vocabulary; ArgumentError for another `pool`, or when `bags` is nothing of the kind.
 */
export function embeddingBag(W: Operand, bags: IdBags, options: EmbeddingBagOptions = {}): Variable {
  checkOptions("embeddingBag", options, ["pool", "paddingId"]);
  const { pool = "mean", paddingId = null } = options;
  if (pool !== "sum" && pool !== "mean") {
    throw new ArgumentError(`embeddingBag: pool is ${unquoted(pool)}; expected "sum" or "mean"`);
  }
  return poolRows("embeddingBag", W, bags, pool, paddingId);
}

/**
 * @internal `embedding` on behalf of `operation`.
 * @throws as `embedding`.
 */
export function lookUp(operation: string, W: Operand, ids: Operand, paddingId: number | null): Variable {
  const weight = matrix(operation, W);
  const { shape, values } = checkedIds(operation, ids, weight.shape[0]!);
  const rows = getItem(weight, array(values).reshape(shape));
  if (paddingId === null) return rows;
  const padding = array(
    values.map((id) => (id === paddingId ? 1 : 0)),
    { dtype: "bool" },
  ).reshape([...shape, 1]);
  return where(padding, rows.detach(), rows);
}

/**
 * @internal `embeddingBag` on behalf of `operation`.
 * @throws as `embeddingBag`.
 */
export function poolRows(
  operation: string,
  W: Operand,
  bags: IdBags,
  pool: EmbeddingPool,
  paddingId: number | null,
): Variable {
  const weight = matrix(operation, W);
  const { ids, owners, lengths } = withoutId(checkedBags(operation, bags, weight.shape[0]!), paddingId);
  const sums = segmentSum(getItem(weight, array(ids)), array(owners), lengths.length);
  if (pool === "sum") return sums;
  const shares = Float64Array.from(lengths, (n) => 1 / Math.max(1, n));
  return mul(sums, array(shares, { dtype: weight.dtype }).reshape([-1, 1]));
}

function matrix(operation: string, W: Operand): Variable {
  const weight = floating(operation, W);
  if (weight.ndim === 2) return weight;
  throw new ShapeError(`${operation}: W has shape ${shapeText(weight.shape)}; expected (vocabulary, width)`);
}

function checkedIds(operation: string, ids: Operand, vocabulary: number): Ids {
  const given = ids instanceof Variable ? ids.data : ids;
  if (given instanceof NDArray || ArrayBuffer.isView(given)) {
    const found = arrayOf(operation, given);
    if (found.dtype !== "int32") {
      throw new DTypeError(
        `${operation}: ids are ${found.dtype}; expected int32, such as array(..., { dtype: "int32" })`,
      );
    }
    const values = found.toTypedArray() as Int32Array;
    for (const id of values) checkId(operation, id, vocabulary);
    return { shape: found.shape, values };
  }
  checkLeaves(operation, given, vocabulary);
  const found = arrayOf(operation, given, "int32");
  return { shape: found.shape, values: found.toTypedArray() as Int32Array };
}

/** Checks the ids in nested arrays; what else there may be in them is left to `arrayOf`. */
function checkLeaves(operation: string, ids: NestedArray, vocabulary: number): void {
  if (Array.isArray(ids)) for (const inner of ids as readonly NestedArray[]) checkLeaves(operation, inner, vocabulary);
  else checkId(operation, ids, vocabulary);
}

function checkId(operation: string, id: unknown, vocabulary: number): void {
  if (!Number.isInteger(id)) throw new DTypeError(`${operation}: id ${String(id)} is not an integer; expected one`);
  if ((id as number) < 0 || (id as number) >= vocabulary) {
    throw new IndexError(`${operation}: id ${String(id)} is out of range; expected 0 to ${vocabulary - 1}`);
  }
}

function checkedBags(operation: string, bags: IdBags, vocabulary: number): Bags {
  if (Array.isArray(bags)) {
    const given = bags as readonly unknown[];
    return joined(given.map((bag, i) => checkedBag(operation, bag, i, vocabulary)));
  }
  const { shape, values } = checkedIds(operation, bags as Operand, vocabulary);
  if (shape.length !== 2) {
    throw new ShapeError(`${operation}: the ids have shape ${shapeText(shape)}; expected bags of them, (N, length)`);
  }
  const [n, length] = shape as [number, number];
  return joined(Array.from({ length: n }, (_, i) => values.subarray(i * length, (i + 1) * length)));
}

function checkedBag(operation: string, bag: unknown, index: number, vocabulary: number): Int32Array {
  if (!Array.isArray(bag) && !ArrayBuffer.isView(bag)) {
    throw new ArgumentError(`${operation}: bag ${index} is ${unquoted(bag)}; expected an array of ids`);
  }
  const { shape, values } = checkedIds(operation, bag as Operand, vocabulary);
  if (shape.length === 1) return values;
  throw new ShapeError(`${operation}: bag ${index} has shape ${shapeText(shape)}; expected an array of ids`);
}

function joined(bags: readonly Int32Array[]): Bags {
  const lengths = bags.map((bag) => bag.length);
  const total = lengths.reduce((a, b) => a + b, 0);
  const ids = new Int32Array(total);
  const owners = new Int32Array(total);
  let next = 0;
  for (const [i, bag] of bags.entries()) {
    ids.set(bag, next);
    owners.fill(i, next, next + bag.length);
    next += bag.length;
  }
  return { ids, owners, lengths };
}

/** The bags with all but the ids that are `id`. */
function withoutId(bags: Bags, id: number | null): Bags {
  if (id === null || !bags.ids.includes(id)) return bags;
  const lengths = [...bags.lengths];
  for (const [i, other] of bags.ids.entries()) if (other === id) lengths[bags.owners[i]!]!--;
  const kept = (_: number, i: number) => bags.ids[i] !== id;
  return { ids: bags.ids.filter(kept), owners: bags.owners.filter(kept), lengths };
}
