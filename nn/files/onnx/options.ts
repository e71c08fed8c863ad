import { ArgumentError } from "../../../core/errors.js";
import { checkChoice, checkOptions, describe } from "../../../core/options.js";
import type { Layer } from "../../layer.js";
import { IR_VERSIONS } from "./schema.js";

/** The names of the axes of inputs whose lengths are left open: `{ x: { 0: "batch", 1: "steps" } }`. */
export type DynamicAxes = Readonly<Record<string, Readonly<Record<number, string>>>>;

/** Options of `exportOnnx`. */
export interface ExportOnnxOptions<L extends Layer = Layer> {
  /** What the inputs are called, in the order of the arguments: `input`, or `input0` and so on, unless given. */
  inputNames?: readonly string[];
  /** What the outputs are called: `output`, `output0` and so on, or the keys of an object that the model returns, unless given. */
  outputNames?: readonly string[];
  /**
   * The axes whose lengths the file leaves open, by the name of the input and the number of the axis. Axes of one name are equally
   * long. Unless given, axis 0 of every input that is as long there as the first, by the name `batch`; `{}` for none.
   */
  dynamicAxes?: DynamicAxes;
  /** The version of ONNX's operator set, 17 (unless given) to 21. */
  opset?: number;
  /** What the graph is called: the class of the model unless given. */
  name?: string;
  /** What the file computes, instead of `model.forward(...inputs)`: `(vae, z) => vae.decode(z)`. */
  call?: ((model: L, ...inputs: never[]) => unknown) | null;
}

/** The options with their defaults. */
export interface ExportSettings {
  inputNames: readonly string[] | null;
  outputNames: readonly string[] | null;
  dynamicAxes: DynamicAxes | null;
  opset: number;
  name: string;
  call: (model: Layer, ...inputs: never[]) => unknown;
}

const KNOWN = ["inputNames", "outputNames", "dynamicAxes", "opset", "name", "call"];

/** @throws ArgumentError for options that are unknown or do not fit. */
export function settingsOf(operation: string, model: Layer, options: ExportOnnxOptions): ExportSettings {
  checkOptions(operation, options, KNOWN);
  const { inputNames = null, outputNames = null, dynamicAxes = null, opset = 17, call = null } = options;
  const { name = model.constructor.name || "model" } = options;
  checkNames(operation, "inputNames", inputNames);
  checkNames(operation, "outputNames", outputNames);
  checkChoice(operation, "opset", opset, [...IR_VERSIONS.keys()]);
  if (typeof name !== "string" || name === "") {
    throw new ArgumentError(`${operation}: name is ${describe(name)}; expected a name`);
  }
  if (call !== null && typeof call !== "function") {
    throw new ArgumentError(`${operation}: call is ${describe(call)}; expected a function of the model and its inputs`);
  }
  if (dynamicAxes !== null) checkDynamicAxes(operation, dynamicAxes);
  const forward = (layer: Layer, ...inputs: never[]) => layer.forward(...inputs);
  return {
    inputNames,
    outputNames,
    dynamicAxes,
    opset,
    name,
    call: (call as ExportSettings["call"] | null) ?? forward,
  };
}

/** @throws ArgumentError unless `names` is null or a list of different names. */
function checkNames(operation: string, option: string, names: unknown): void {
  if (names === null) return;
  const fits = Array.isArray(names) && names.every((name) => typeof name === "string" && name !== "");
  if (fits && new Set(names).size === names.length) return;
  throw new ArgumentError(`${operation}: ${option} is ${describe(names)}; expected a list of different names`);
}

function checkDynamicAxes(operation: string, given: unknown): void {
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const fits =
    isRecord(given) &&
    Object.values(given).every(
      (axes) =>
        isRecord(axes) &&
        Object.entries(axes).every(([axis, name]) => /^\d+$/.test(axis) && typeof name === "string" && name !== ""),
    );
  if (fits) return;
  throw new ArgumentError(
    `${operation}: dynamicAxes is ${describe(given)}; expected names by input and axis, such as { input: { 0: "batch" } }`,
  );
}
