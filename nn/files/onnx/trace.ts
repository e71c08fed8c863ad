import { noGrad, usingConfig } from "../../../core/config.js";
import { ArgumentError } from "../../../core/errors.js";
import { type Function, type InputGradients, type Profiler, profiler, setProfiler } from "../../../core/function.js";
import { NDArray } from "../../../core/ndarray.js";
import { describe } from "../../../core/options.js";
import { generator } from "../../../core/rng.js";
import { Variable } from "../../../core/variable.js";
import type { Layer } from "../../layer.js";

/** A function that ran while a model was traced. */
export interface TracedCall {
  readonly fn: Function;
  /** The dotted name of the layer in whose `forward` it ran; empty for the model itself. */
  readonly path: string;
  /** The class of that layer. */
  readonly layer: string;
  readonly inputs: readonly NDArray[];
  readonly outputs: readonly NDArray[];
  /** The functions that its own `forward` ran. */
  readonly inner: readonly TracedCall[];
}

/** What a model did with some inputs. */
export interface Trace {
  readonly inputs: readonly NDArray[];
  readonly calls: readonly TracedCall[];
  /** What the model returned, by name. */
  readonly outputs: ReadonlyMap<string, NDArray>;
  /** Whether random numbers were drawn. */
  readonly random: boolean;
}

/** Records every function that runs, whether or not a gradient flows through it. */
class Recorder implements Profiler {
  readonly calls: TracedCall[] = [];
  readonly layers: { path: string; layer: string }[] = [];
  private open = this.calls;

  forward(fn: Function, inputs: readonly NDArray[]): NDArray | readonly NDArray[] {
    const { path, layer } = this.layers.at(-1) ?? { path: "", layer: "" };
    const before = this.open;
    const inner: TracedCall[] = [];
    this.open = inner;
    let result: NDArray | readonly NDArray[];
    try {
      result = fn.forward(...inputs);
    } finally {
      this.open = before;
    }
    const outputs = result instanceof NDArray ? [result] : [...result];
    before.push({ fn, path, layer, inputs, outputs, inner });
    return result;
  }

  backward(fn: Function, gys: readonly Variable[]): InputGradients {
    return fn.backward(...gys);
  }

  pass(run: () => void): void {
    run();
  }
}

/** The functions that ran in `run`, the outermost ones. */
export function recorded(run: () => unknown): readonly TracedCall[] {
  const recorder = new Recorder();
  recording(recorder, run);
  return recorder.calls;
}

/** Traces `call` on `model` in evaluation mode, whose state and modes are as before when it ends. */
export function traced(model: Layer, call: () => unknown, inputs: readonly NDArray[]): Trace {
  const recorder = new Recorder();
  const { state } = generator;
  try {
    const result = inEvaluation(model, () => withPaths(model, recorder, () => recording(recorder, call)));
    const random = JSON.stringify(generator.state) !== JSON.stringify(state);
    return { inputs, calls: recorder.calls, outputs: namedOutputs(result), random };
  } finally {
    generator.state = state;
  }
}

/** Runs `fn` without a graph and with all layers in evaluation mode. */
export function inEvaluation<T>(model: Layer, fn: () => T): T {
  const layers = model.namedLayers().map(([, layer]) => ({ layer, training: layer.training }));
  for (const { layer } of layers) layer.training = false;
  try {
    return noGrad(() => usingConfig({ train: false }, fn));
  } finally {
    for (const { layer, training } of layers) layer.training = training;
  }
}

function recording<T>(recorder: Recorder, fn: () => T): T {
  const before = profiler;
  setProfiler(recorder);
  try {
    return fn();
  } finally {
    setProfiler(before);
  }
}

/** Runs `fn` while the recorder is told which layer is at work. */
function withPaths<T>(model: Layer, recorder: Recorder, fn: () => T): T {
  const before = model.namedLayers().map(([path, layer]) => ({ path, layer, forward: layer.forward }));
  for (const { path, layer, forward } of before) {
    layer.forward = (...inputs: never[]) => {
      recorder.layers.push({ path, layer: layer.constructor.name });
      try {
        return forward.apply(layer, inputs);
      } finally {
        recorder.layers.pop();
      }
    };
  }
  try {
    return fn();
  } finally {
    for (const { layer, forward } of before) layer.forward = forward;
  }
}

/**
 * The arrays in what a model returned, by name: a Variable, a list or an object of such.
 * @throws ArgumentError for anything else.
 */
function namedOutputs(result: unknown): Map<string, NDArray> {
  const outputs = new Map<string, NDArray>();
  const visit = (value: unknown, name: string): void => {
    if (value instanceof Variable) outputs.set(name, value.data);
    else if (value instanceof NDArray) outputs.set(name, value);
    else if (Array.isArray(value))
      for (const [i, item] of value.entries()) visit(item, name === "output" ? `output${i}` : `${name}.${i}`);
    else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
      for (const [key, item] of Object.entries(value)) visit(item, name === "output" ? key : `${name}.${key}`);
    } else if (value !== null && value !== undefined) {
      throw new ArgumentError(
        `exportOnnx: the model returned ${describe(value)} as ${name}; expected Variables, or lists or objects of them`,
      );
    }
  };
  visit(result, "output");
  if (outputs.size > 0) return outputs;
  throw new ArgumentError("exportOnnx: the model returned nothing; expected Variables, or lists or objects of them");
}
