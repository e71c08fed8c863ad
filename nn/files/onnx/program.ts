import type { DType } from "../../../core/dtype.js";
import { GraphError } from "../../../core/errors.js";
import type { Function } from "../../../core/function.js";
import type { NDArray } from "../../../core/ndarray.js";
import { type Shape, sameShape, shapeText } from "../../../core/shape.js";
import { memoryOf } from "../elements.js";
import type { Trace, TracedCall } from "./trace.js";

/** An array of a program, with what it was in each trace. */
export interface TracedValue {
  readonly arrays: readonly NDArray[];
  /** Whether it was the same in all traces, and depends on no input. */
  readonly constant: boolean;
  /** The step that made it; null for inputs, and for what no function made. */
  readonly step: Step | null;
}

/** A function of a program, with what it was in each trace. */
export interface Step {
  readonly fns: readonly Function[];
  readonly path: string;
  readonly layer: string;
  readonly inputs: readonly TracedValue[];
  readonly outputs: readonly TracedValue[];
}

/** What several traces of a model have in common. */
export interface Program {
  readonly inputs: readonly TracedValue[];
  readonly steps: readonly Step[];
  readonly outputs: ReadonlyMap<string, TracedValue>;
  readonly random: boolean;
}

/**
 * Lays traces of one model over each other. Functions that `isKnown` does not know are replaced by those that their own forward ran.
 * @throws GraphError when the model took another course in one trace than in another.
 */
export function programOf(traces: readonly Trace[], isKnown: (fn: Function) => boolean): Program {
  const listed = traces.map((trace) => listedCalls(trace, isKnown));
  const values: TracedValue[] = [];
  const ids = traces.map(() => new Map<NDArray, number>());
  /** The number of what is at one place of all traces; new for what has not been met before. */
  const numberOf = (
    arrays: readonly NDArray[],
    where: TracedCall | undefined,
    make: () => Omit<TracedValue, "arrays">,
  ): number => {
    const found = arrays.map((array, i) => ids[i]!.get(array));
    if (found.some((id) => id !== found[0])) throw otherCourse(traces, where, "other arrays");
    if (found[0] !== undefined) return found[0];
    for (const [i, array] of arrays.entries()) ids[i]!.set(array, values.length);
    values.push({ arrays, ...make() });
    return values.length - 1;
  };
  const first = listed[0]!;
  const start = first[0];
  const inputs = traces[0]!.inputs.map((_, k) => {
    const arrays = traces.map((trace) => trace.inputs[k]!);
    return values[numberOf(arrays, start, () => ({ constant: false, step: null }))]!;
  });
  const leaf = (arrays: readonly NDArray[]) => ({ constant: equalArrays(arrays), step: null });
  const steps: Step[] = [];
  for (let i = 0; i < Math.max(...listed.map((calls) => calls.length)); i++) {
    const there = listed.map((list) => list[i]);
    const call = there[0] ?? first.at(-1)!;
    const alike = (other: TracedCall | undefined): boolean =>
      other !== undefined &&
      other.fn.constructor === call.fn.constructor &&
      other.fn.name === call.fn.name &&
      other.path === call.path &&
      other.inputs.length === call.inputs.length &&
      other.outputs.length === call.outputs.length;
    if (!there.every(alike))
      throw otherCourse(traces, call, [...new Set(there.map((other) => other?.fn.name ?? "nothing"))].join(" or "));
    const calls = there as TracedCall[];
    const stepInputs = call.inputs.map((_, k) => {
      const arrays = calls.map(({ inputs }) => inputs[k]!);
      return values[numberOf(arrays, call, () => leaf(arrays))]!;
    });
    const folds = stepInputs.every(({ constant }) => constant);
    const outputs: TracedValue[] = [];
    const step: Step = {
      fns: calls.map(({ fn }) => fn),
      path: call.path,
      layer: call.layer,
      inputs: stepInputs,
      outputs,
    };
    for (const k of call.outputs.keys()) {
      const arrays = calls.map((other) => other.outputs[k]!);
      const make = () => ({ constant: folds && equalArrays(arrays), step });
      outputs.push(values[numberOf(arrays, call, make)]!);
    }
    steps.push(step);
  }
  const outputs = [...traces[0]!.outputs.keys()].map((name): [string, TracedValue] => {
    const arrays = traces.map((trace) => trace.outputs.get(name));
    const missing = arrays.some((array) => array === undefined);
    if (missing)
      throw new GraphError(
        `exportOnnx: the model returns ${name} for some inputs only; expected the same outputs for all`,
      );
    return [name, values[numberOf(arrays as NDArray[], first.at(-1) ?? start, () => leaf(arrays as NDArray[]))]!];
  });
  return { inputs, steps, outputs: new Map(outputs), random: traces.some(({ random }) => random) };
}

/** The calls of a trace, with inner ones in the places of those that are not known and whose outputs they make. */
function listedCalls(trace: Trace, isKnown: (fn: Function) => boolean): TracedCall[] {
  const list = (calls: readonly TracedCall[]): TracedCall[] =>
    calls.flatMap((call) => {
      if (isKnown(call.fn) || call.inner.length === 0) return [call];
      const inner = list(call.inner);
      const made = new Set<NDArray>([...call.inputs, ...inner.flatMap(({ outputs }) => outputs)]);
      return call.outputs.every((output) => made.has(output)) ? inner : [call];
    });
  return list(trace.calls);
}

/** The values of a dtype that depend on inputs and are there before `step`, or at the end. */
export function earlierValues({ inputs, steps }: Program, step: Step | null, dtype: DType): TracedValue[] {
  const before = step === null ? steps : steps.slice(0, steps.indexOf(step));
  const all = [...inputs, ...before.flatMap(({ outputs }) => outputs)];
  return all.filter(({ arrays, constant }) => !constant && arrays[0]!.dtype === dtype);
}

/**
 * The first of `values` that has the elements of `arrays` in every trace; negative ones may count from the end of an axis of `lengths`.
 * Null when there is none.
 */
export function withElements(
  values: readonly TracedValue[],
  arrays: readonly NDArray[],
  lengths: readonly number[] | null = null,
): TracedValue | null {
  const elements = arrays.map((array) => array.toTypedArray());
  const has = (array: NDArray, k: number): boolean => {
    const wanted = elements[k]!;
    if (array.size !== wanted.length) return false;
    const wrapped = (value: number) => (lengths !== null && value < 0 ? value + lengths[k]! : value);
    const own = array.toTypedArray();
    return wanted.every((value, i) => Object.is(value, wrapped(own[i]!)));
  };
  return values.find((value) => value.arrays.every(has)) ?? null;
}

/** Whether arrays are equal to the bit. */
export function equalArrays(arrays: readonly NDArray[]): boolean {
  const first = arrays[0]!;
  return arrays.every((array) => array === first || (array.dtype === first.dtype && equalBits(array, first)));
}

function equalBits(a: NDArray, b: NDArray): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  const [x, y] = [a.asContiguous(), b.asContiguous()];
  const [p, q] = [memoryOf(x), memoryOf(y)];
  for (let i = 0; i < p.length; i++) if (p[i] !== q[i]) return false;
  return true;
}

/** Where something is in a model, for messages. */
export function placeOf({ path, layer }: Pick<Step, "path" | "layer">): string {
  if (layer === "") return "the model";
  return path === "" ? layer : `${path} (${layer})`;
}

function otherCourse(traces: readonly Trace[], where: TracedCall | undefined, what: string): GraphError {
  const shapes = traces.map(({ inputs }) => inputs.map(({ shape }): string => shapeText(shape as Shape)).join(" and "));
  const place = where === undefined ? "the model" : placeOf(where);
  return new GraphError(
    `exportOnnx: ${place}: what is computed depends on the lengths or the values of the inputs (${what}, for inputs of shapes ` +
      `${[...new Set(shapes)].join("; ")}); a file holds one course for all inputs: expected a model without such a choice, or an axis of ` +
      "a fixed length (option dynamicAxes)",
  );
}
