import * as kernels from "./backend/dispatch.js";
import { isFloat } from "./dtype.js";
import { AnomalyError, ArgumentError } from "./errors.js";
import { type AnomalyWatch, anomalyWatch, type Function, setAnomalyWatch } from "./function.js";
import type { NDArray } from "./ndarray.js";
import { RowGradient } from "./row-gradient.js";
import { shapeText } from "./shape.js";
import type { Variable } from "./variable.js";

/** How much of a stack is kept for each function, and shown of it. */
const RECORDED_FRAMES = 60;
const SHOWN_FRAMES = 8;

type StackOwner = { stack?: string };
interface StackTraces {
  stackTraceLimit?: number;
  captureStackTrace?(owner: StackOwner, leaveOut: unknown): void;
}
const traces = Error as StackTraces;

/**
 * Runs `fn`; meanwhile every function that becomes part of a graph records where it was called, and `backward` and `grad` check what
 * they start from and each gradient on the way. Slow: for finding out. PyTorch's `detect_anomaly`, which looks for NaN alone.
 *
 *     detectAnomaly(() => loss(model.forward(x)).backward());
 *
 * @throws AnomalyError, from within the backward pass, naming the function that made NaN or infinity and the calls that led to it;
 * no gradient has been left anywhere then. ArgumentError when `fn` is asynchronous: the watch would end before it does.
 */
export function detectAnomaly<T>(fn: () => T): T {
  const outer = anomalyWatch;
  const { stackTraceLimit } = traces;
  setAnomalyWatch(new Watch());
  traces.stackTraceLimit = RECORDED_FRAMES;
  let result: T;
  try {
    result = fn();
  } finally {
    setAnomalyWatch(outer);
    if (stackTraceLimit !== undefined) traces.stackTraceLimit = stackTraceLimit;
  }
  if (result instanceof Promise) {
    throw new ArgumentError("detectAnomaly: expected a synchronous function; the watch ends before an async one does");
  }
  return result;
}

/** What an array has that is not finite, NaN before infinities, or null. */
export function nonFinite(x: NDArray): "NaN" | "Infinity" | "-Infinity" | null {
  if (!isFloat(x.dtype) || x.size === 0) return null;
  const values = x.asContiguous();
  // A square may overflow where the value does not, so only a finite sum decides.
  if (Number.isFinite(kernels.squareSum(values))) return null;
  const elements = values.toTypedArray();
  if (elements.some(Number.isNaN)) return "NaN";
  const infinite = elements.find((value) => !Number.isFinite(value));
  return infinite === undefined ? null : infinite > 0 ? "Infinity" : "-Infinity";
}

/** `nonFinite` of a gradient, without making the zeros of one of few rows. */
export function nonFiniteGradient(gradient: Variable): "NaN" | "Infinity" | "-Infinity" | null {
  const rows = gradient instanceof RowGradient ? gradient.rows : null;
  return nonFinite(rows === null ? gradient.data : rows.values);
}

class Watch implements AnomalyWatch {
  private readonly calls = new WeakMap<Function, StackOwner>();

  applied(fn: Function): void {
    const call: StackOwner = {};
    if (traces.captureStackTrace === undefined) call.stack = new Error().stack;
    else traces.captureStackTrace(call, this.applied);
    this.calls.set(fn, call);
  }

  startsFrom(y: Variable, gradient: Variable): void {
    const value = nonFinite(y.data);
    if (value !== null)
      throw new AnomalyError(`the output of shape ${shapeText(y.shape)} has ${value}: ${this.origin(y)}`);
    const given = nonFiniteGradient(gradient);
    if (given !== null) throw new AnomalyError(`the gradient to start from has ${given}`);
  }

  made(fn: Function, index: number, gradient: Variable): void {
    const value = nonFiniteGradient(gradient);
    if (value === null) return;
    const x = fn.inputs[index]!;
    throw new AnomalyError(`${fn.name}.backward gave ${value} for input ${index}${described(x)}${this.callOf(fn)}`);
  }

  hooked(x: Variable, gradient: Variable): void {
    const value = nonFiniteGradient(gradient);
    if (value !== null) throw new AnomalyError(`a hook gave ${value} as the gradient of the Variable${described(x)}`);
  }

  /** Where what is not finite in `y` came from: the functions that made it of finite numbers, the last first. */
  private origin(y: Variable): string {
    const found: string[] = [];
    let x = y;
    let value = nonFinite(y.data);
    for (;;) {
      const fn = x.creator;
      if (fn === null) return [...found, `the Variable${described(x)} has ${value} from the start`].join("\nof what ");
      const like = fn.inputs.find((input) => sameKind(nonFinite(input.data), value));
      if (like !== undefined) {
        x = like;
        value = nonFinite(like.data);
        continue;
      }
      found.push(`${fn.name} made ${value}, of shape ${shapeText(x.shape)}${this.callOf(fn)}`);
      const infinite = fn.inputs.find((input) => nonFinite(input.data) !== null);
      if (infinite === undefined) return found.join("\nof what ");
      x = infinite;
      value = nonFinite(infinite.data);
    }
  }

  private callOf(fn: Function): string {
    const call = this.calls.get(fn);
    return call === undefined ? ", called before detectAnomaly" : `, called\n${framesOutside(call.stack ?? "")}`;
  }
}

/** NaN comes from NaN; an infinity from either. */
function sameKind(input: string | null, value: string | null): boolean {
  return input !== null && (value !== "NaN" || input === "NaN");
}

function described(x: Variable): string {
  return `${x.name === null ? "" : ` (${x.name})`} of shape ${shapeText(x.shape)}`;
}

/** The calls in a stack that led from `detectAnomaly` to a function, without the engine's own. */
function framesOutside(stack: string): string {
  const frames = stack.split("\n").filter((line) => /^\s*at |@/.test(line));
  const own = /((?:file:\/\/)?\/[^\s()]*?)\/core\/anomaly\.[jt]s/.exec(new Error().stack ?? "");
  const folders = own === null ? [] : ["core/", "functions/", "nn/layer."].map((path) => `${own[1]}/${path}`);
  const end = frames.findIndex((line) => line.includes(detectAnomaly.name));
  return frames
    .slice(0, end < 0 ? undefined : end)
    .filter((line) => !folders.some((folder) => line.includes(folder)))
    .slice(0, SHOWN_FRAMES)
    .map((line) => `    ${line.trim()}`)
    .join("\n");
}
