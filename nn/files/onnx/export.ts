import { writeAtomically } from "../../../core/atomic.js";
import { ArgumentError, GraphError } from "../../../core/errors.js";
import { NDArray } from "../../../core/ndarray.js";
import { describe } from "../../../core/options.js";
import { sameShape, shapeText } from "../../../core/shape.js";
import { Variable } from "../../../core/variable.js";
import { Layer } from "../../layer.js";
import { Embedding } from "../../layers/embedding.js";
import { encodeModel, loadProtobuf } from "./encode.js";
import { Example, VARIATIONS } from "./example.js";
import { type ExportOnnxOptions, type ExportSettings, settingsOf } from "./options.js";
import { type Program, placeOf, programOf } from "./program.js";
import { segmentSum } from "./rules/indexing.js";
import { ruleOf } from "./rules.js";
import { Sizes } from "./sizes.js";
import { inEvaluation, type Trace, traced } from "./trace.js";
import { translate } from "./translate.js";

const PRODUCER = { name: "retrograd", version: "0.1.0" };

/**
 * The bytes of an ONNX file of what `model` computes in evaluation mode, which onnxruntime and many others run.
 *
 *     const bytes = await exportOnnx(model, images);                      // the batch stays open
 *     const bytes = await exportOnnx(model, [query, { mask }], { inputNames: ["query", "mask"] });
 *     const bytes = await exportOnnx(vae, z, { call: (vae, z) => vae.decode(z) });
 *
 * `example` is the argument of `forward`, or a list of its arguments: Variables and NDArrays in it, also in lists and objects, become
 * inputs of the file; whatever else there is in it (numbers, plain arrays of numbers) becomes part of the file.
 *
 * The model is run several times, with inputs of other lengths and other numbers, and every function that runs becomes operators; so
 * layers and functions that users write are exported like any others. What differs from run to run in a way that no function shows is an
 * error, and so is a choice that depends on the inputs; a choice that none of these runs took the other way cannot be seen. Parameters and
 * buffers keep their names; see docs/onnx.md for what becomes of their layouts. The model is as it was when this is done; one that did
 * not know its sizes knows them from the example. The same model and example give the same bytes. In PyTorch: `torch.onnx.export`.
 *
 * @throws GraphError that names each function that has no meaning in ONNX, the layer that it is in, and why; ArgumentError for what is
 * no layer, an example without inputs, and options that are unknown or do not fit; MissingPackageError without `@bufbuild/protobuf`; and
 * what the model itself throws.
 */
export async function exportOnnx<L extends Layer>(
  model: L,
  example: unknown,
  options: ExportOnnxOptions<L> = {},
): Promise<Uint8Array> {
  if (!(model instanceof Layer)) {
    throw new ArgumentError(`exportOnnx: the model is ${describe(model)}; expected a layer, module or model`);
  }
  const settings = settingsOf("exportOnnx", model, options as ExportOnnxOptions);
  const args =
    example instanceof Variable || example instanceof NDArray || !Array.isArray(example) ? [example] : example;
  const given = new Example("exportOnnx", args, settings.inputNames, settings.dynamicAxes);
  const packages = await loadProtobuf("exportOnnx");
  const call = (inputs: readonly unknown[]) => settings.call(model, ...(inputs as never[]));
  initialize(model, () => call(given.arguments(0, "same").args));
  const { example: used, traces } = tracesOf(model, args, settings, call);
  const program = programOf(traces, (fn) => ruleOf(fn) !== undefined);
  checkEmbeddings(model, program);
  const names = [...model.namedParameters(), ...model.namedBuffers()].map(([name, { data }]) => [data, name] as const);
  const outputNames = settings.outputNames ?? [...program.outputs.keys()];
  if (outputNames.length !== program.outputs.size) {
    throw new ArgumentError(
      `exportOnnx: ${outputNames.length} outputNames for ${program.outputs.size} outputs (${[...program.outputs.keys()].join(", ")}); expected one for each`,
    );
  }
  const { graph, outputs, nodes, initializers } = translate(program, {
    operation: "exportOnnx",
    opset: settings.opset,
    sizes: new Sizes(used.axes, used.traces),
    inputNames: given.inputs.map(({ name }) => name),
    outputNames,
    names: new Map(names),
  });
  const content = { name: settings.name, inputs: graph.inputs, outputs, nodes, initializers };
  return encodeModel(packages, graph, content, PRODUCER);
}

/**
 * Writes an ONNX file of what `model` computes; see `exportOnnx`. A file that cannot be written whole leaves what was there before.
 * @throws as `exportOnnx`; FileError where there are no files, as in a browser.
 */
export async function saveOnnx<L extends Layer>(
  path: string,
  model: L,
  example: unknown,
  options: ExportOnnxOptions<L> = {},
): Promise<void> {
  const bytes = await exportOnnx(model, example, options);
  writeAtomically("saveOnnx", path, [() => bytes]);
}

/** Lets a model that does not know its sizes learn them from a forward. */
function initialize(model: Layer, run: () => unknown): void {
  if ([...model.parameters(), ...model.buffers()].every(({ initialized }) => initialized)) return;
  inEvaluation(model, run);
}

/**
 * A bag without its padding is shorter, which a trace sees only if its numbers have the padding in them.
 * @throws GraphError for such a layer.
 */
function checkEmbeddings(model: Layer, { steps }: Program): void {
  for (const [path, layer] of model.namedLayers()) {
    if (!(layer instanceof Embedding)) continue;
    const { pool, paddingId } = layer.config().hyperparameters;
    const step = steps.find((other) => other.path === path && ruleOf(other.fns[0]!) === segmentSum);
    if (pool === null || paddingId === null || step === undefined) continue;
    throw new GraphError(
      `exportOnnx: the model cannot be exported:\n  ${placeOf(step)}, SegmentSum: it leaves out an id (paddingId ${paddingId}), so that the ` +
        "number of vectors in a bag depends on the ids; expected no paddingId, or no pool",
    );
  }
}

/**
 * By what the lengths of open axes differ from trace to trace, tried in this order: images that are halved on their way, say, have even
 * sizes.
 */
const STEPS = [1, 2, 4, 8, 16, 32];

/** As many traces as it takes, with lengths that the model takes. */
function tracesOf(
  model: Layer,
  args: readonly unknown[],
  { inputNames, dynamicAxes }: ExportSettings,
  call: (args: readonly unknown[]) => unknown,
): { example: Example; traces: Trace[] } {
  let failure: unknown = null;
  for (const step of STEPS) {
    const example = new Example("exportOnnx", args, inputNames, dynamicAxes, step);
    try {
      const traces = Array.from({ length: example.traces }, (_, k) => traceOf(model, example, k, call));
      return { example, traces };
    } catch (error) {
      if (!(error instanceof OtherLengths)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/** A model that does not run with lengths other than those of the example. */
class OtherLengths extends GraphError {}

/** A trace with numbers as different from the example's as the model takes. */
function traceOf(model: Layer, example: Example, trace: number, call: (args: readonly unknown[]) => unknown): Trace {
  let failure: unknown = null;
  for (const variation of trace === 0 ? (["same"] as const) : VARIATIONS) {
    const { args, arrays } = example.arguments(trace, variation);
    try {
      return traced(model, () => call(args), arrays);
    } catch (error) {
      failure = error;
    }
  }
  const { arrays } = example.arguments(trace, "same");
  if (arrays.every(({ shape }, i) => sameShape(shape, example.inputs[i]!.array.shape))) throw failure;
  const lengths = example.axes.map(({ name, lengths: all }) => `${name} ${all[trace]}`).join(" and ");
  const given = example.inputs.map(({ name, array }) => `${name} ${shapeText(array.shape)}`).join(", ");
  throw new OtherLengths(
    `exportOnnx: the model does not run with ${lengths}, where the example has ${given}: ` +
      `${failure instanceof Error ? failure.message : String(failure)}; expected axes whose length may change (option dynamicAxes)`,
    { cause: failure },
  );
}
