import type { DType } from "./dtype.js";
import type { Function } from "./function.js";
import type { Shape } from "./shape.js";
import type { Variable } from "./variable.js";

/** What is kept of one of several outputs. */
interface FurtherOutput {
  reference: WeakRef<Variable>;
  shape: Shape;
  dtype: DType;
  version: number;
}

/** What a function of several outputs needs beside what each has. */
export interface SeveralOutputs {
  /** Of the first output. */
  readonly shape: Shape;
  readonly dtype: DType;
  readonly rest: readonly FurtherOutput[];
  /** Gradients of the further outputs while a backward pass adds them up. */
  pending: (Variable | null)[] | null;
}

/**
 * An applied Function's place in the graph. It is one class for all kinds of functions: what the engine does with nodes stays as
 * fast in a program with a hundred kinds of functions, whose objects V8 could not tell apart any more, as in one with two.
 */
export class GraphNode {
  /** The largest generation of the inputs. */
  readonly generation: number;
  /** The first output. The node holds its inputs strongly and its outputs weakly. */
  output: WeakRef<Variable> | null = null;
  /** The version of the first output's array when it was made. */
  outputVersion = 0;
  several: SeveralOutputs | null = null;
  /** Gradient of the first output while a backward pass adds it up. */
  pending: Variable | null = null;
  /** Whether it waits in the queue of the backward pass at work. */
  queued = false;
  /** Whether some output has hooks, or is asked for by `grad`. */
  observed = false;
  private readonly version0: number;
  private readonly version1: number = 0;
  private readonly restVersions: number[] | null = null;

  constructor(
    readonly fn: Function,
    readonly inputs: readonly Variable[],
  ) {
    const first = inputs[0]!;
    this.version0 = first.version;
    let { generation } = first;
    if (inputs.length > 1) {
      const second = inputs[1]!;
      this.version1 = second.version;
      if (second.generation > generation) generation = second.generation;
      if (inputs.length > 2) {
        this.restVersions = inputs.slice(2).map((x) => x.version);
        for (const x of inputs) generation = Math.max(generation, x.generation);
      }
    }
    this.generation = generation;
  }

  /** The version of the array of the input at `index` when the function was applied. */
  inputVersion(index: number): number {
    return index === 0 ? this.version0 : index === 1 ? this.version1 : this.restVersions![index - 2]!;
  }

  /** The outputs that are still in use, by index; undefined for those that were collected. */
  get outputs(): (Variable | undefined)[] {
    const rest = this.several?.rest.map(({ reference }) => reference.deref()) ?? [];
    return [this.output?.deref(), ...rest];
  }
}
