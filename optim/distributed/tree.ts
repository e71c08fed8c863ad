import type { DType } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { describe } from "../../core/options.js";
import type { Communicator } from "./communicator.js";
import { broadcastText, gatherTexts } from "./texts.js";

/** What states consist of: numbers, texts and NDArrays in objects and lists. */
type Node = unknown;

/** What stands for an array, and for what JSON has no number for. */
interface ArrayMark {
  $array: [dtype: DType, shape: number[]];
}

/**
 * What rank 0 has of numbers, texts and NDArrays (float32, float64, int32) in plain objects and lists, such as the state of an optimizer;
 * what the others give does not matter.
 * @throws ArgumentError for anything else in it, on rank 0; CommunicationError when the exchange fails.
 */
export function broadcastTree<T>(communicator: Communicator, tree: T): T {
  if (communicator.size === 1) return tree;
  const arrays: NDArray[] = [];
  const text = broadcastText(communicator, communicator.rank === 0 ? encoded(tree, arrays) : "");
  if (communicator.rank === 0) {
    for (const own of arrays) communicator.broadcast(own.copy());
    return tree;
  }
  return decoded(text, ([dtype, shape]) => communicator.broadcast(NDArray.empty(shape, dtype))) as T;
}

/**
 * What all ranks have of numbers and texts in plain objects and lists, in the order of the ranks.
 * @throws ArgumentError for anything else in it; CommunicationError when the exchange fails.
 */
export function gatherTrees<T>(communicator: Communicator, tree: T): T[] {
  if (communicator.size === 1) return [tree];
  const arrays: NDArray[] = [];
  const text = encoded(tree, arrays);
  if (arrays.length > 0) throw new ArgumentError("gatherTrees: there are arrays in it; expected numbers and texts");
  return gatherTexts(communicator, text).map((other) => decoded(other, () => null) as T);
}

function encoded(tree: Node, arrays: NDArray[]): string {
  return JSON.stringify(tree, (_key, value: unknown) => {
    if (value instanceof NDArray) {
      arrays.push(value);
      return { $array: [value.dtype, value.shape] };
    }
    if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { $number: Object.is(value, -0) ? "-0" : String(value) };
    }
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") {
      throw new ArgumentError(
        `a state has ${describe(value)}; expected numbers, texts and NDArrays in objects and lists`,
      );
    }
    return value;
  });
}

function decoded(text: string, receive: (mark: ArrayMark["$array"]) => unknown): Node {
  const visit = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(visit);
    if ("$array" in value) return receive((value as ArrayMark).$array);
    if ("$number" in value) return Number((value as { $number: string }).$number);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]));
  };
  return visit(JSON.parse(text));
}
