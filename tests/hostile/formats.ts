import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, NDArray, randomNormal, seed } from "../../core/index.js";
import {
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  FullyConnected,
  fromConfig,
  type LayerConfig,
  loadTorchState,
  readNpy,
  readNpz,
  readSafetensors,
  resolveLoss,
  streamSafetensors,
  Vocabulary,
} from "../../nn/index.js";
import { resolveOptimizer, resolveScheduler } from "../../optim/index.js";
import { families } from "../nn/table/index.js";
import { type Below, pick } from "./chance.js";
import { checkpoint } from "./checkpoint.js";
import { damagedBytes } from "./damage-bytes.js";
import { damagedJson } from "./damage-json.js";
import { schedulers, states } from "./states.js";

/** A kind of file or text that comes from strangers. */
export interface Format {
  /** A damaged one, or null where the damage makes none. */
  make(below: Below): Uint8Array | string | null;
  /** Takes it as a user would: throws when it is refused. */
  take(damaged: Uint8Array | string): unknown;
  /** Bytes that may be allocated for each byte of it. */
  ratio: number;
  /** Whether its numbers are sizes that a user may ask for, too large or not. */
  sizes?: boolean;
}

/** Bytes of an array that one byte of a file can become: a uint8 that becomes int32. */
const WIDENED = 4;
/** Bytes that one byte can become when it is decompressed. */
const INFLATED = 1032;

function expectArrays(values: Iterable<unknown>): void {
  for (const x of values) if (!(x instanceof NDArray)) throw new Error("what was read is no array");
}

/** Files that are read as a whole. */
function file(seeds: readonly Uint8Array[], ratio: number, read: (bytes: Uint8Array) => Iterable<unknown>): Format {
  return {
    make: (below) => damagedBytes(pick(seeds, below), below),
    take: (bytes) => expectArrays(read(bytes as Uint8Array)),
    ratio,
  };
}

/** JSON that is damaged as text or, mostly, as a tree. */
export function json(seeds: readonly unknown[], take: (value: unknown) => unknown): Format {
  return {
    make: (below) => {
      const value = pick(seeds, below);
      if (below(4) > 0) return damagedJson(value, below);
      const text = new TextDecoder().decode(damagedBytes(new TextEncoder().encode(JSON.stringify(value)), below));
      try {
        JSON.parse(text);
        return text;
      } catch {
        // `JSON.parse`, which the user calls, refuses it.
        return null;
      }
    },
    take: (text) => take(JSON.parse(text as string)),
    ratio: 2 ** 16,
    sizes: true,
  };
}

// Commands and tests are run at the top of the project, which both module systems know.
const goldenBytes = (name: string) => new Uint8Array(readFileSync(join("tests", "golden", "files", name)));

seed(11);
const arrays = {
  W: randomNormal([3, 4]),
  "a.b": array(Int32Array.of(1, 2, 3)),
  flags: array([true, false]),
  e: array([]).reshape([0, 3]),
};
const converts = (bytes: Uint8Array) => ({ convert: bytes.length % 2 === 0 });
const safetensors = [encodeSafetensors(arrays, { metadata: { a: "b" } }), goldenBytes("halves.safetensors")];
const npys = ["f4-big", "i8", "u1", "fortran", "version-2", "version-3", "f2", "bool", "refused-structured", "scalar"];
const torch = { weight: randomNormal([3, 4]), bias: randomNormal([3]) };
const torchFiles = [
  encodeSafetensors(torch),
  encodeNpz(torch),
  encodeNpz(torch, { compress: true }),
  encodeNpy(torch.bias),
];

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 50) yield bytes.slice(from, from + 50);
}

/** Loads a state into a layer, which must be as before when it is refused. */
function intoLayer(load: (layer: FullyConnected) => void): void {
  const layer = new FullyConnected({ nOut: 3, nIn: 4 });
  const before = values(layer);
  try {
    load(layer);
  } catch (error) {
    if (values(layer) !== before) throw new Error("a state that was refused changed the layer", { cause: error });
    throw error;
  }
}

const values = (layer: FullyConnected) =>
  layer
    .parameters()
    .map((p) => p.toTypedArray().join())
    .join(";");

/** A layer of a config is a layer whose config makes it again. */
function rebuild(config: unknown): void {
  const layer = fromConfig(config as LayerConfig);
  fromConfig(JSON.parse(JSON.stringify(layer.config())) as LayerConfig);
  layer.namedParameters();
}

const configs = () =>
  Object.values(families)
    .flat()
    .map((row) => row.make({}).config());

function vocabularies(): unknown[] {
  const lines = ["the cat sat on the mat", "a dog, a cat and a bird!"];
  return [
    new Vocabulary(),
    new Vocabulary().fit(lines),
    new Vocabulary({ tokenizer: "characters", minCount: 2 }).fit(lines),
    new Vocabulary({ maxTokens: 6, order: "frequency", stopWords: ["the"] }).fit(lines),
  ].map((vocabulary) => vocabulary.toJSON());
}

const losses = [
  ...["mse", "Huber(delta=0.5)", "softmax_cross_entropy(label_smoothing=0.1, weight=[1, 2])"],
  ...["bce", "VAELoss", "tripletMargin(margin=2)"],
];
const optimizers = ["adam(lr=0.003, beta2=0.99)", "RMSProp(lr=0.0001, lrScheduler='noam(modelDim=64)')", "sgd"];

/** All kinds by name. */
export function formats(): Readonly<Record<string, Format>> {
  const folder = mkdtempSync(join(tmpdir(), "hostile-"));
  const onDisk = join(folder, "file");
  return {
    safetensors: file(safetensors, WIDENED, (bytes) => Object.values(readSafetensors(bytes, converts(bytes)).tensors)),
    "safetensors from a path": file(safetensors, 1 + WIDENED, (bytes) => {
      writeFileSync(onDisk, bytes);
      return Object.values(readSafetensors(onDisk).tensors);
    }),
    "safetensors in a stream": {
      ...file(safetensors, 2 + WIDENED, () => []),
      take: async (bytes) =>
        expectArrays(Object.values((await streamSafetensors(pieces(bytes as Uint8Array))).tensors)),
    },
    npy: file(
      npys.map((name) => goldenBytes(`${name}.npy`)),
      WIDENED,
      (bytes) => [readNpy(bytes, converts(bytes))],
    ),
    npz: file([encodeNpz(arrays), goldenBytes("stored.npz")], WIDENED, (bytes) =>
      Object.values(readNpz(bytes, converts(bytes))),
    ),
    "npz, compressed": file(
      [encodeNpz(arrays, { compress: true }), goldenBytes("compressed.npz")],
      WIDENED * INFLATED,
      (bytes) => Object.values(readNpz(bytes, converts(bytes))),
    ),
    "torch state": file(torchFiles, WIDENED * INFLATED, (bytes) => {
      intoLayer((layer) => loadTorchState(layer, bytes));
      return [];
    }),
    "state dict": file([encodeSafetensors(new FullyConnected({ nOut: 3, nIn: 4 }).stateDict())], 8, (bytes) => {
      intoLayer((layer) => layer.loadStateDict(readSafetensors(bytes).tensors));
      return [];
    }),
    checkpoint: checkpoint(folder),
    "layer config": json(configs(), rebuild),
    vocabulary: json(vocabularies(), (value) => Vocabulary.fromJSON(value).fit(["one two two"])),
    "loss spec": json([...losses, ...losses.map((spec) => resolveLoss(spec).config())], (spec) =>
      resolveLoss(resolveLoss(spec as never).config()),
    ),
    "optimizer spec": json(
      [...optimizers, ...optimizers.map((spec) => resolveOptimizer(spec as never, layerParameters()).config())],
      (spec) => resolveOptimizer(spec as never, layerParameters()),
    ),
    "scheduler config": json(
      schedulers().map((scheduler) => scheduler.config()),
      (spec) => resolveScheduler(spec as never).rate(3, 0.5),
    ),
    ...states(json),
  };
}

const layerParameters = () => new FullyConnected({ nOut: 2, nIn: 2 }).parameters();
