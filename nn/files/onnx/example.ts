import { array } from "../../../core/creation.js";
import { ArgumentError } from "../../../core/errors.js";
import { NDArray } from "../../../core/ndarray.js";
import { describe } from "../../../core/options.js";
import { Generator } from "../../../core/rng.js";
import { shapeText } from "../../../core/shape.js";
import { Variable } from "../../../core/variable.js";
import type { DynamicAxes } from "./options.js";
import type { DynamicAxis } from "./sizes.js";

/** An input of the file: a Variable or NDArray of the example. */
export interface ExampleInput {
  readonly name: string;
  readonly array: NDArray;
}

/** How much the numbers of a trace differ from those of the example: of any sign, a little, from other places, or not at all. */
export type Variation = "any" | "similar" | "moved" | "same";

/** The ways in which the numbers are varied, tried in this order until the model takes them. */
export const VARIATIONS: readonly Variation[] = ["any", "similar", "moved", "same"];

/** The arguments that a model is traced with, in which Variables and NDArrays are inputs and all else is constant. */
export class Example {
  readonly inputs: readonly ExampleInput[];
  readonly axes: readonly DynamicAxis[];
  private readonly axisOf: ReadonlyMap<string, DynamicAxis>;

  /**
   * @throws ArgumentError when there are no inputs, other than as many names as inputs, or open axes that there are not or that are not
   * equally long.
   */
  constructor(
    private readonly operation: string,
    private readonly args: readonly unknown[],
    names: readonly string[] | null,
    dynamicAxes: DynamicAxes | null,
    /** What the lengths of open axes differ by from trace to trace. */
    private readonly step = 1,
  ) {
    const found: ExampleInput[] = [];
    args.forEach((arg, i) => {
      replaced(arg, args.length === 1 ? "input" : `input${i}`, (array, name) => {
        found.push({ name, array });
        return null;
      });
    });
    if (found.length === 0) {
      throw new ArgumentError(
        `${operation}: the example has no inputs; expected a Variable or an NDArray, or a list of arguments with at least one`,
      );
    }
    if (names !== null && names.length !== found.length) {
      throw new ArgumentError(
        `${operation}: ${names.length} inputNames for ${found.length} inputs (${found.map(({ name }) => name).join(", ")}); expected one for each`,
      );
    }
    this.inputs = found.map(({ name, array }, i) => ({ name: names?.[i] ?? name, array }));
    this.axisOf = this.openAxes(dynamicAxes ?? batchAxes(this.inputs));
    this.axes = [...new Set(this.axisOf.values())];
  }

  /** How many traces tell how everything depends on the open lengths. */
  get traces(): number {
    return 2 + Math.max(1, this.axes.length);
  }

  /** The arguments of a trace, with arrays of the lengths of that trace in the places of the inputs, and these arrays. */
  arguments(trace: number, variation: Variation): { args: unknown[]; arrays: NDArray[] } {
    const generator = new Generator(trace + 1);
    const arrays: NDArray[] = [];
    const args = this.args.map((arg) =>
      replaced(arg, "", (_, __, wrap) => {
        const input = this.inputs[arrays.length]!;
        const made = this.variant(input, trace, variation, generator);
        arrays.push(made);
        return wrap ? new Variable(made, false) : made;
      }),
    );
    return { args, arrays };
  }

  private variant({ name, array: given }: ExampleInput, trace: number, variation: Variation, generator: Generator) {
    const shape = given.shape.map((n, axis) => this.axisOf.get(`${name}\n${axis}`)?.lengths[trace] ?? n);
    const values = given.toTypedArray();
    const numbers = new Float64Array(shape.reduce((a, b) => a * b, 1));
    const position = new Array<number>(shape.length).fill(0);
    for (let i = 0; i < numbers.length; i++) {
      let from = 0;
      // Open axes repeat what the example has there, from another place in each trace.
      for (const [axis, at] of position.entries()) {
        const n = given.shape[axis]!;
        from = from * n + ((this.axisOf.has(`${name}\n${axis}`) ? at + trace : at) % n);
      }
      numbers[i] = values[from]!;
      for (let axis = shape.length - 1; axis >= 0 && ++position[axis]! === shape[axis]; axis--) position[axis] = 0;
    }
    if (trace > 0) vary(numbers, given, trace, variation, generator);
    return array(numbers, { dtype: given.dtype }).reshape(shape);
  }

  /** The open axes by input and number, with their lengths in the traces. */
  private openAxes(given: DynamicAxes): Map<string, DynamicAxis> {
    const names = [...new Set(Object.values(given).flatMap((axes) => Object.values(axes)))];
    const axes = new Map<string, DynamicAxis>();
    const lengths = new Map<string, number>();
    for (const [input, named] of Object.entries(given)) {
      const found = this.inputs.find(({ name }) => name === input);
      if (found === undefined) {
        const known = this.inputs.map(({ name }) => name).join(", ");
        throw new ArgumentError(`${this.operation}: dynamicAxes names the input ${input}; expected some of ${known}`);
      }
      for (const [key, name] of Object.entries(named)) {
        const axis = Number(key);
        const n = found.array.shape[axis];
        if (n === undefined || n === 0) {
          throw new ArgumentError(
            `${this.operation}: dynamicAxes names axis ${axis} of ${input} with shape ${shapeText(found.array.shape)}; expected one that has elements`,
          );
        }
        if ((lengths.get(name) ?? n) !== n) {
          throw new ArgumentError(
            `${this.operation}: the axes ${name} have lengths ${lengths.get(name)} and ${n} in the example; expected equal lengths, or two names`,
          );
        }
        lengths.set(name, n);
        const known = [...axes.values()].find((other) => other.name === name);
        axes.set(
          `${input}\n${axis}`,
          known ?? { name, lengths: tracedLengths(n, this.step, names.indexOf(name), names.length) },
        );
      }
    }
    return axes;
  }
}

/**
 * The lengths of an open axis in the traces: at first that of the example (no less than 2, since an axis of length 1 broadcasts), then
 * each axis alone is longer by `step`, and at last all are.
 */
function tracedLengths(n: number, step: number, index: number, count: number): number[] {
  const first = Math.max(n, 2);
  return Array.from({ length: 2 + count }, (_, trace) => {
    if (trace === count + 1) return first + step * (3 + index);
    return trace === index + 1 ? first + step : first;
  });
}

/** Axis 0 of every input that is as long there as the first. */
function batchAxes(inputs: readonly ExampleInput[]): DynamicAxes {
  const length = inputs[0]!.array.shape[0];
  const batched = inputs.filter(({ array: { shape } }) => shape.length > 0 && shape[0] === length && length !== 0);
  return Object.fromEntries(batched.map(({ name }) => [name, { 0: "batch" }]));
}

/** Changes numbers so that what is computed from them is seen to be. */
function vary(numbers: Float64Array, given: NDArray, trace: number, variation: Variation, generator: Generator): void {
  if (variation === "same") return;
  const values = Float64Array.from(given.toTypedArray());
  const finite = values.filter(Number.isFinite);
  const most = finite.reduce((a, b) => Math.max(a, b), 1);
  const least = finite.reduce((a, b) => Math.min(a, b), 0);
  const range = Math.max(most, -least);
  const before = numbers.slice();
  numbers.forEach((x, i) => {
    const drawn = generator.uniform();
    if (given.dtype === "bool" || variation === "moved") {
      numbers[i] = values[Math.floor(drawn * values.length)]!;
    } else if (given.dtype === "int32") {
      const span = most - least + 1;
      const move = numbers.length === 1 ? trace : Math.floor(drawn * span);
      numbers[i] = least + ((x - least + move) % span);
    } else if (Number.isFinite(x)) {
      numbers[i] = variation === "any" ? (2 * drawn - 1) * range : x * (1 - drawn / 4);
    }
  });
  // Few integers may be drawn as they were.
  const drawnAlike = variation !== "moved" && numbers.every((x, i) => x === before[i]);
  if (given.dtype === "int32" && drawnAlike && numbers.length > 0) numbers[0] = numbers[0] === most ? least : most;
}

/** `arg` with what `replace` gives in the places of Variables and NDArrays, which it gets with a name for each. */
function replaced(
  arg: unknown,
  name: string,
  replace: (array: NDArray, name: string, wrap: boolean) => unknown,
): unknown {
  if (arg instanceof Variable) return replace(arg.data, name, true);
  if (arg instanceof NDArray) return replace(arg, name, false);
  if (Array.isArray(arg)) return arg.map((item, i) => replaced(item, `${name}.${i}`, replace));
  if (typeof arg !== "object" || arg === null || ArrayBuffer.isView(arg)) return arg;
  if (Object.getPrototypeOf(arg) !== Object.prototype && Object.getPrototypeOf(arg) !== null) {
    throw new ArgumentError(
      `exportOnnx: the example holds ${describe(arg)}; expected Variables, NDArrays, numbers, lists and plain objects`,
    );
  }
  return Object.fromEntries(Object.entries(arg).map(([key, item]) => [key, replaced(item, `${name}.${key}`, replace)]));
}
