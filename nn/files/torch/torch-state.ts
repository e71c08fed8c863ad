import { ArgumentError } from "../../../core/errors.js";
import { NDArray } from "../../../core/ndarray.js";
import { checkFlag, checkOptions, describe } from "../../../core/options.js";
import { shapeText } from "../../../core/shape.js";
import { Layer, type StateDict } from "../../layer.js";
import { matchesPattern, patternText, type StateEntry } from "../../state.js";
import { type Inflate, inflateOf } from "../deflate.js";
import { shown } from "../shown.js";
import type { FileSource } from "../source.js";
import type { Exchange, TorchTensor } from "./exchange.js";
import { Places, type TorchMapping } from "./mapping.js";
import { planned } from "./plan.js";
import { readState } from "./state-file.js";
import { TensorNames } from "./tensor-names.js";

/** Options of `loadTorchState`. */
export interface LoadTorchStateOptions {
  /** Whether tensors of other dtypes than the layers', such as half precision, are converted: false unless given. */
  convert?: boolean;
  /** Tensors that are left out, by their names or those of the modules they are in, or a function of the name: none unless given. */
  ignore?: readonly string[] | ((name: string) => boolean) | null;
  /** Decompresses a .npz file where there is no Node; see `readNpz`. */
  inflate?: Inflate | null;
}

/** How many batches a batch norm has seen: it has no place here, and PyTorch loads without. */
const COUNTER = /(^|\.)num_batches_tracked$/;
const LOAD = "loadTorchState";
const MAKE = "toTorchState";

/**
 * Gives a model the values of the state dict of a PyTorch model that is built like it: NDArrays by name, or a safetensors or .npz file
 * of them, by its path in Node or as bytes.
 *
 *     torch: save_file(model.state_dict(), "model.safetensors")   here: loadTorchState(model, "model.safetensors");
 *
 * Each layer takes what its twin has, in its own layout, as its docstring says. A layer is the module that `mapping` names; else the
 * one that has its name (`selfAttention` also as `self_attn`); in a `Sequential` the one of its place among those with tensors; else the
 * only one that fits. Dense layers behind flattened images, or before features that become images, get their weights in the order
 * of this library: in a `Sequential` by themselves, elsewhere with `channels` or `outChannels` in the mapping.
 *
 * What has no part in a state: `eval()` here as there, BatchNorm's `momentum` (1 less PyTorch's) and `unbiased: true`, GELU's
 * `approximate: false`, alpha 0.01 of LeakyReLU.
 * @throws ArgumentError that names every tensor that is missing, unexpected, of another shape or dtype, and every layer of which one
 * cannot tell what it is; for a mapping that does not fit the model, and options that are unknown or no options. FileError for a bad
 * file. Then nothing has changed.
 */
export function loadTorchState(
  model: Layer,
  source: Readonly<StateDict> | FileSource,
  mapping: TorchMapping | null = null,
  options: LoadTorchStateOptions = {},
): void {
  checkModel(LOAD, model);
  checkOptions(LOAD, options, ["convert", "ignore", "inflate"]);
  const { convert = false, ignore = null, inflate = null } = options;
  checkFlag(LOAD, "convert", convert);
  const left = ignoring(ignore);
  const places = new Places(LOAD, mapping);
  const decompress = inflateOf(LOAD, inflate);
  const wanted = (name: string) => !left(name) && !COUNTER.test(name);
  const state = isFile(source)
    ? new Map(Object.entries(readState(LOAD, source, { wanted, convert, inflate: decompress })))
    : tensorsOf(source, wanted);
  const entries = entriesOf(model);
  const judge = (exchange: Exchange) => problemsOf(exchange, state, entries, convert);
  const names = new TensorNames(new Set(state.keys()));
  const plan = planned(model, places, names, (exchanges, module) => {
    const used = usedNames(exchanges, state);
    return names.tensorsIn(module).every((name) => used.has(name)) && exchanges.every((e) => judge(e).length === 0);
  });
  const used = usedNames(plan.exchanges, state);
  const problems = [
    ...plan.unclear.map(
      (path) => `${path}: there is no module, or more than one, that it can be; expected one in the mapping`,
    ),
    ...plan.exchanges.flatMap(judge),
    ...[...state.keys()].filter((name) => !used.has(name)).map((name) => `${shown(name)} is unexpected`),
  ];
  if (problems.length > 0) {
    throw new ArgumentError(`${LOAD}: the state does not fit; nothing was changed:\n  ${problems.join("\n  ")}`);
  }
  model.loadStateDict(Object.fromEntries(plan.exchanges.flatMap((exchange) => taken(exchange, state, entries))));
}

/**
 * The state dict that a PyTorch model built like `model` loads, `load_state_dict`: copies, in PyTorch's layouts and by its names. Each
 * layer is the module that `mapping` names, and else is called as here with underscores (`self_attn` for `selfAttention`).
 *
 *     saveSafetensors("model.safetensors", toTorchState(model));   torch: model.load_state_dict(load_file("model.safetensors"))
 *
 * Where PyTorch has two biases for one (LSTM) the second is 0.
 * @throws GraphError when some parameters have no data yet; ArgumentError for a mapping that does not fit the model or gives two layers
 * one name, and for a layer that PyTorch has in no such form.
 */
export function toTorchState(model: Layer, mapping: TorchMapping | null = null): StateDict {
  checkModel(MAKE, model);
  const places = new Places(MAKE, mapping);
  const state = model.stateDict();
  const { exchanges } = planned(model, places, null, () => false);
  const made = new Map<string, NDArray>();
  for (const { ours, torch, toTorch } of exchanges) {
    for (const [i, tensor] of toTorch(ours.map((name) => state[name]!)).entries()) {
      const [name] = torch[i]!.names;
      if (made.has(name)) {
        throw new ArgumentError(
          `${MAKE}: ${ours.join(", ")} would be ${name}, which another layer is; expected another mapping`,
        );
      }
      made.set(name, tensor.asContiguous());
    }
  }
  return Object.fromEntries(made);
}

function checkModel(operation: string, model: unknown): void {
  if (!(model instanceof Layer))
    throw new ArgumentError(`${operation}: the model is ${describe(model)}; expected a Layer`);
}

function ignoring(ignore: unknown): (name: string) => boolean {
  if (ignore === null) return () => false;
  if (typeof ignore === "function") return (name) => ignore(name) === true;
  if (Array.isArray(ignore) && ignore.every((name) => typeof name === "string")) {
    return (name) => ignore.some((other) => name === other || name.startsWith(`${other}.`));
  }
  throw new ArgumentError(
    `${LOAD}: ignore is ${describe(ignore)}; expected names of tensors or modules, or a function`,
  );
}

function isFile(source: Readonly<StateDict> | FileSource): source is FileSource {
  const tag = Object.prototype.toString.call(source);
  return typeof source === "string" || ArrayBuffer.isView(source) || tag.endsWith("ArrayBuffer]");
}

function tensorsOf(source: unknown, wanted: (name: string) => boolean): Map<string, NDArray> {
  if (typeof source !== "object" || source === null || source instanceof NDArray) {
    throw new ArgumentError(`${LOAD}: the state is ${describe(source)}; expected NDArrays by name, a path, or bytes`);
  }
  const state = new Map<string, NDArray>();
  for (const [name, value] of Object.entries(source)) {
    if (!wanted(name)) continue;
    if (!(value instanceof NDArray)) {
      throw new ArgumentError(`${LOAD}: ${shown(name)} is ${describe(value)}; expected an NDArray`);
    }
    state.set(name, value);
  }
  return state;
}

function entriesOf(model: Layer): Map<string, StateEntry> {
  return new Map<string, StateEntry>([...model.namedParameters(), ...model.namedBuffers()]);
}

function nameOf({ names }: TorchTensor, state: ReadonlyMap<string, NDArray>): string | undefined {
  return names.find((name) => state.has(name));
}

function usedNames(exchanges: readonly Exchange[], state: ReadonlyMap<string, NDArray>): Set<string | undefined> {
  return new Set(exchanges.flatMap(({ torch }) => torch.map((tensor) => nameOf(tensor, state))));
}

/** What is wrong with the tensors of an exchange. */
function problemsOf(
  { ours, torch, problem }: Exchange,
  state: ReadonlyMap<string, NDArray>,
  entries: ReadonlyMap<string, StateEntry>,
  convert: boolean,
): string[] {
  const { dtype } = entries.get(ours[0]!)!;
  const of = `for ${ours.join(", ")}`;
  const problems = torch.flatMap((tensor) => {
    const name = nameOf(tensor, state);
    if (name === undefined) return [`${tensor.names[0]} is missing, ${of}`];
    const { shape, dtype: given } = state.get(name)!;
    if (!matchesPattern(shape, tensor.shape)) {
      return [`${name} has shape ${shapeText(shape)}; expected ${patternText(tensor.shape)}, ${of}`];
    }
    if (given === dtype || convert) return [];
    return [`${name} is ${given}; expected ${dtype}, ${of}, or the option convert: true`];
  });
  if (problems.length > 0) return problems;
  const names = torch.map((tensor) => nameOf(tensor, state)!);
  const together = problem?.(names.map((name) => state.get(name)!.shape)) ?? null;
  return together === null ? [] : [`${names.join(", ")} has ${together}, ${of}`];
}

/** Our arrays of an exchange, by name. */
function taken(
  { ours, torch, fromTorch }: Exchange,
  state: ReadonlyMap<string, NDArray>,
  entries: ReadonlyMap<string, StateEntry>,
): [name: string, array: NDArray][] {
  const { dtype } = entries.get(ours[0]!)!;
  const arrays = fromTorch(torch.map((tensor) => state.get(nameOf(tensor, state)!)!.astype(dtype)));
  return ours.map((name, i) => [name, arrays[i]!]);
}
