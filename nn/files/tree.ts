import { ArgumentError, FileError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { describe } from "../../core/options.js";
import type { Json } from "../../core/spec.js";
import { readSafetensors, saveSafetensors } from "./safetensors.js";

/*
 * States are trees: numbers, texts and NDArrays in objects and lists. A file of one is a safetensors file whose metadata has the
 * tree as JSON, in which `{ "$tensor": name }` stands for an array and `{ "$number": "NaN" }` for what JSON has no number for.
 */

/** What a state consists of. Entries that are undefined are left out. */
export type Tree =
  | number
  | string
  | boolean
  | null
  | undefined
  | NDArray
  | readonly Tree[]
  | { readonly [key: string]: Tree };

/** The version of the form described above. */
const FORMAT = "retrograd.tree.1";

/**
 * Writes a tree to a file, atomically.
 * @throws ArgumentError, naming the place, for what is neither number, text, bool, null, NDArray, list nor object, and for keys
 * that begin with $; the errors of `node:fs`.
 */
export function saveTree(path: string, kind: string, tree: Tree): void {
  const tensors = new Map<string, NDArray>();
  const json = JSON.stringify(packed(tree, "", tensors));
  saveSafetensors(path, Object.fromEntries(tensors), { metadata: { format: FORMAT, kind, tree: json } });
}

/**
 * The tree in a file that `saveTree` wrote.
 * @throws FileError when it is no such file, or of another kind; as `readSafetensors`.
 */
export function loadTree(path: string, kind: string): Tree {
  const { tensors, metadata } = readSafetensors(path);
  const entry = (key: string): unknown => (Object.hasOwn(metadata, key) ? metadata[key] : undefined);
  if (entry("format") !== FORMAT || entry("kind") !== kind) {
    throw new FileError(
      `${path}: it has format ${describe(entry("format"))} and kind ${describe(entry("kind"))}; expected ${FORMAT} and ${kind}`,
    );
  }
  const used = new Set<string>();
  try {
    return unpacked(JSON.parse(entry("tree") as string), tensors, used);
  } catch (error) {
    throw new FileError(`${path}: its tree cannot be read: ${(error as Error).message}`);
  }
}

function packed(value: Tree, place: string, tensors: Map<string, NDArray>): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? "-0" : `${value}` };
  }
  if (value instanceof NDArray) {
    let name = place;
    while (tensors.has(name)) name += "'";
    tensors.set(name, value);
    return { $tensor: name };
  }
  if (Array.isArray(value)) return value.map((item, i) => packed(item, below(place, `${i}`), tensors));
  const prototype: unknown = typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== null && (prototype === undefined || Object.getPrototypeOf(prototype) !== null)) {
    throw new ArgumentError(
      `a state has ${describe(value)} at ${place}; expected numbers, texts, NDArrays, lists and plain objects`,
    );
  }
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, Tree>>)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => {
        if (key.startsWith("$"))
          throw new ArgumentError(`a state has the key ${key} at ${place}; expected none with $`);
        return [key, packed(item, below(place, key), tensors)];
      }),
  );
}

function unpacked(value: Json, tensors: Readonly<Record<string, NDArray>>, used: Set<string>): Tree {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => unpacked(item, tensors, used));
  const { $tensor: name, $number: number } = value as { $tensor?: Json; $number?: Json };
  if (number !== undefined) return Number(number);
  if (name === undefined) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpacked(item, tensors, used)]));
  }
  if (typeof name !== "string" || !Object.hasOwn(tensors, name) || used.has(name)) {
    throw new FileError(`there is no array ${describe(name)} for it`);
  }
  used.add(name);
  return tensors[name]!;
}

function below(place: string, key: string): string {
  return place === "" ? key : `${place}.${key}`;
}
