import { ArgumentError } from "../../../core/errors.js";
import { checkOptions, describe } from "../../../core/options.js";
import type { Layer } from "../../layer.js";

/** Where a layer is in a PyTorch model, and what one cannot see of it. */
export interface TorchPlace {
  /** The dotted name of the module, such as `features.0`; as without a mapping unless given. */
  name?: string | null;
  /**
   * The layer's inputs are images of so many channels that were flattened: PyTorch has them channel by channel, and this library pixel by
   * pixel. Told in a `Sequential`; elsewhere none unless given.
   */
  channels?: number | null;
  /** The layer's outputs become images of so many channels. */
  outChannels?: number | null;
}

/**
 * Where the layers of a model are in a PyTorch model. An object has the dotted names of layers, as `namedLayers()` has them, as keys,
 * `""` for the model itself; what a layer consists of follows it, unless it has a key of its own. A key may also be the name of a
 * parameter or buffer, whose value is then the name of a tensor. A function is asked for each layer.
 */
export type TorchMapping =
  | Readonly<Record<string, string | TorchPlace>>
  | ((name: string, layer: Layer) => string | TorchPlace | null | undefined);

/** What a mapping says of the layers of a model, and a note of what it was asked. */
export class Places {
  private readonly asked = new Set<string>();

  /** @throws ArgumentError when it is no mapping. */
  constructor(
    private readonly operation: string,
    private readonly mapping: TorchMapping | null,
  ) {
    if (mapping === null || typeof mapping === "function") return;
    if (typeof mapping !== "object" || Array.isArray(mapping)) {
      throw new ArgumentError(`${operation}: the mapping is ${describe(mapping)}; expected an object or a function`);
    }
    for (const [key, value] of Object.entries(mapping)) this.checked(key, value);
  }

  /** What is said of a layer. @throws ArgumentError when a function says what is no place. */
  of(path: string, layer: Layer): TorchPlace {
    const { mapping } = this;
    const place = typeof mapping === "function" ? mapping(path, layer) : this.entry(path);
    return this.checked(path, place ?? {});
  }

  /** The tensor that a parameter or buffer is said to be, or null. */
  tensorOf(path: string): string | null {
    if (typeof this.mapping === "function") return null;
    const place = this.entry(path);
    if (place === null || typeof place === "string") return place;
    throw new ArgumentError(
      `${this.operation}: the mapping has ${describe(place)} for ${path}; expected the name of a tensor`,
    );
  }

  /** @throws ArgumentError when the mapping has keys that nothing was asked for. */
  checkAsked(known: readonly string[]): void {
    if (this.mapping === null || typeof this.mapping === "function") return;
    const unknown = Object.keys(this.mapping).filter((key) => !this.asked.has(key));
    if (unknown.length === 0) return;
    throw new ArgumentError(
      `${this.operation}: the mapping has ${unknown.map((key) => JSON.stringify(key)).join(", ")}; expected names of layers, ${known.map((name) => JSON.stringify(name)).join(", ")}, or of parameters that are tensors by themselves`,
    );
  }

  private entry(path: string): string | TorchPlace | null {
    this.asked.add(path);
    const { mapping } = this;
    if (mapping === null || typeof mapping === "function" || !Object.hasOwn(mapping, path)) return null;
    return mapping[path]!;
  }

  private checked(path: string, place: string | TorchPlace): TorchPlace {
    if (typeof place === "string") return { name: place };
    const where = `${this.operation}: the mapping of ${JSON.stringify(path)}`;
    checkOptions(where, place, ["name", "channels", "outChannels"]);
    const { name = null, channels = null, outChannels = null } = place;
    if (name !== null && typeof name !== "string") {
      throw new ArgumentError(`${where}: name is ${describe(name)}; expected the dotted name of a module`);
    }
    for (const [option, n] of Object.entries({ channels, outChannels })) {
      if (n === null || (Number.isSafeInteger(n) && n > 0)) continue;
      throw new ArgumentError(`${where}: ${option} is ${describe(n)}; expected a whole number of at least 1`);
    }
    return place;
  }
}
