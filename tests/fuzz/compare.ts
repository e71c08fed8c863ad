import type { NDArray } from "../../core/ndarray.js";
import { sameShape, shapeText, sizeOf } from "../../core/shape.js";
import { firstIds, isLeaf, type Outcome, type Program } from "./program.js";
import type { Answer } from "./pytorch.js";

/** How many roundings a movement of the operands by one unit of rounding stands for. */
const MAGNIFICATION = 256;
/** Roundings of a result itself, in units of its own size, of the largest of its array and of the largest of the program. */
const OWN = 64;
const OVERALL = 8;
const ANYWHERE = 512;
/** Where rounding may move a result by more than this part of the largest of its array, nothing can be said. */
const HOPELESS = 0.02;

/** What came of comparing a program with PyTorch. */
export interface Comparison {
  /** Elements that were compared, and those where rounding is magnified too much for that. */
  compared: number;
  skipped: number;
  /** A line for each array that differs. */
  differences: string[];
}

/** Compares what retrograd made of a program with PyTorch's answer, within what rounding can do. */
export function compare(program: Program, outcome: Outcome, answer: Answer): Comparison {
  const truth = numbers(answer.values, Float64Array);
  const moved = numbers(answer.moved, Float32Array);
  const unit = precision(outcome);
  const floor = ANYWHERE * unit * Math.max(1, largestOf(truth));
  const result: Comparison = { compared: 0, skipped: 0, differences: [] };
  const { values, first, again, second } = outcome;
  const names = [
    ...labels(program),
    ...first.map((_, i) => `first gradient ${i}`),
    ...second.map((_, i) => `second gradient ${i}`),
  ];
  const expected = values.length + 2 * first.length;
  if (answer.shapes.length !== expected) {
    result.differences.push(`PyTorch has ${answer.shapes.length} arrays, retrograd ${expected}`);
    return result;
  }
  let from = 0;
  answer.shapes.forEach((shape, i) => {
    const to = from + sizeOf(shape);
    const check = (x: NDArray, how: string) => {
      const difference = compareArray(
        x,
        shape,
        truth.subarray(from, to),
        moved.subarray(from, to),
        { unit, floor },
        result,
      );
      if (difference !== null) result.differences.push(`${names[i]}${how}: ${difference}`);
    };
    const gradient = i - values.length;
    if (gradient < 0) check(values[i]!, "");
    else if (gradient < first.length) {
      check(first[gradient]!, " by backward");
      check(again[gradient]!, " by grad with createGraph");
    } else if (answer.noSecond === null) check(second[gradient - first.length]!, "");
    from = to;
  });
  return result;
}

function compareArray(
  x: NDArray,
  shape: readonly number[],
  truth: Float64Array,
  moved: Float32Array,
  { unit, floor }: { unit: number; floor: number },
  result: Comparison,
): string | null {
  if (!sameShape(x.shape, shape)) return `shape ${shapeText(x.shape)}, PyTorch's ${shapeText(shape)}`;
  const got = x.toTypedArray();
  const largest = largestOf(truth);
  for (let i = 0; i < got.length; i++) {
    const want = truth[i]!;
    const bound = unit * (MAGNIFICATION * moved[i]! + OWN * Math.abs(want) + OVERALL * largest) + floor;
    if (!Number.isFinite(want) || !(bound <= HOPELESS * largest + floor)) {
      result.skipped++;
      continue;
    }
    result.compared++;
    if (!(Math.abs(got[i]! - want) <= bound))
      return `${got[i]} at ${i}, PyTorch ${want} (rounding up to ${bound.toExponential(1)})`;
  }
  return null;
}

function largestOf(values: Float64Array): number {
  return values.reduce((max, v) => (Number.isFinite(v) ? Math.max(max, Math.abs(v)) : max), 0);
}

/** The unit of rounding of a program: that of float32 if any of its values is of that dtype. */
function precision({ values, first }: Outcome): number {
  return [...values, ...first].some((x) => x.dtype === "float32") ? 2 ** -24 : 2 ** -53;
}

function labels(program: Program): string[] {
  const firsts = firstIds(program);
  return program.nodes.flatMap((node, n) =>
    isLeaf(node)
      ? [`leaf ${firsts[n]}`]
      : Array.from({ length: node.outputs }, (_, i) => `${node.op} (value ${firsts[n]! + i})`),
  );
}

function numbers<T>(base64: string, type: { new (buffer: ArrayBuffer): T }): T {
  const bytes = Buffer.from(base64, "base64");
  return new type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}
