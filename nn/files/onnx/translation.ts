import { type DType, promote } from "../../../core/dtype.js";
import { GraphError } from "../../../core/errors.js";
import type { NDArray } from "../../../core/ndarray.js";
import type { Shape } from "../../../core/shape.js";
import { elementwise } from "./elementwise.js";
import type { Graph } from "./graph.js";
import type { Program, Step, TracedValue } from "./program.js";
import { earlierValues, equalArrays, withElements } from "./program.js";
import type { Attributes, Value } from "./value.js";

/** What finds the value of the file that stands for something traced. */
export type Lookup = (traced: TracedValue) => Value;

/** A step of a program on its way into a file: what rules work with. */
export class Translation {
  constructor(
    readonly graph: Graph,
    readonly step: Step,
    readonly program: Program,
    private readonly lookup: Lookup,
    private readonly names: ReadonlyMap<NDArray, string>,
  ) {}

  get inputs(): Value[] {
    return this.step.inputs.map(this.lookup);
  }

  /** The input at `index`. */
  input(index: number): Value {
    return this.lookup(this.step.inputs[index]!);
  }

  /** The dtype of the output at `index`. */
  type(index = 0): DType {
    return this.step.outputs[index]!.arrays[0]!.dtype;
  }

  /** The shapes of the output at `index`. */
  shapes(index = 0): Shape[] {
    return this.step.outputs[index]!.arrays.map(({ shape }) => shape);
  }

  /** Type and shapes of the output at `index`. */
  typed(index = 0): { type: DType; shapes: Shape[] } {
    return { type: this.type(index), shapes: this.shapes(index) };
  }

  /** What the function keeps under `key`, in each trace. */
  each<T>(key: string): T[] {
    return this.step.fns.map((fn) => {
      if (!(key in fn)) throw new Error(`${fn.name} has no ${key}, which its rule for ONNX reads`);
      return (fn as unknown as Record<string, T>)[key]!;
    });
  }

  /**
   * What the function keeps under `key`.
   * @throws GraphError when it differs from trace to trace.
   */
  field<T>(key: string): T {
    const values = this.each<T>(key);
    const text = JSON.stringify(values[0]);
    if (values.some((value) => JSON.stringify(value) !== text)) {
      throw new GraphError(
        `its ${key} is ${[...new Set(values.map((value) => JSON.stringify(value)))].join(" or ")}, as the lengths of the inputs are; ` +
          "expected an axis of a fixed length (option dynamicAxes)",
      );
    }
    return values[0]!;
  }

  /** An operator, one element after the other, of `inputs` (those of the step unless given) in the dtype of the output. */
  elementwise(op: string, inputs: readonly Value[] = this.inputs, attributes: Attributes = {}): Value {
    const type = this.type();
    const cast = inputs.map((x) => this.graph.cast(x, type));
    return elementwise(this.graph, op, cast, type, attributes);
  }

  /**
   * An array that the function keeps beside its inputs.
   * @throws GraphError when it differs from trace to trace, and is the value of nothing that came before.
   */
  kept(arrays: readonly NDArray[], what: string): Value {
    if (equalArrays(arrays)) return this.graph.constant(arrays[0]!, this.names.get(arrays[0]!));
    const found = this.tracedAs(arrays);
    if (found !== null)
      return this.graph.reshape(
        found,
        arrays.map(({ shape }) => shape),
      );
    throw new GraphError(`${what} come from the inputs by a way that is no function, or are random`);
  }

  /**
   * The value that, in every trace, has the elements of `arrays`: what comes of arrays that were read and written anew on their way.
   * Null when there is none. With `lengths`, negative elements count from the end of an axis that long.
   */
  tracedAs(arrays: readonly NDArray[], lengths: readonly number[] | null = null): Value | null {
    const found = withElements(this.earlier(arrays[0]!.dtype), arrays, lengths);
    return found === null ? null : this.lookup(found);
  }

  /** All values that there are before the step, of a dtype. */
  earlier(dtype: DType): TracedValue[] {
    return earlierValues(this.program, this.step, dtype);
  }

  /** The value that stands for something traced. */
  valueOf(traced: TracedValue): Value {
    return this.lookup(traced);
  }
}

/** The widest of the types of values. */
export function widest(values: readonly Value[]): DType {
  return values.map(({ type }) => type as DType).reduce(promote);
}

/** How a function becomes operators: the value of its only output, or of all its outputs. */
export type Rule = (t: Translation) => Value | readonly Value[];
