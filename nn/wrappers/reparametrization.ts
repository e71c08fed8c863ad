import { noGrad } from "../../core/config.js";
import { ArgumentError, GraphError, ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { describe } from "../../core/options.js";
import { normalizeAxis } from "../../core/shape.js";
import type { Variable } from "../../core/variable.js";
import { fromConfig, type Hyperparameters, type LayerConfig } from "../config.js";
import { Layer } from "../layer.js";
import { type LazyParameter, patternText } from "../state.js";
import { ReplacedParameter } from "./replaced-parameter.js";

/** Options that `WeightNorm` and `SpectralNorm` have. */
export interface ReparametrizationOptions {
  /** Which parameter of the layer is computed, by the name it has in `layer.namedParameters()`: `"W"` unless given. */
  name?: string;
}

/** What is kept from one look at the weight to the next in a forward. */
interface Call {
  weight: Variable | null;
}

/**
 * A layer around a layer of which one parameter is computed, in each forward, from parameters of this one. The gradients of those
 * come from the computation itself.
 */
export abstract class Reparametrization<L extends Layer> extends Layer {
  /** The layer itself, without the parameter. */
  readonly layer: L;
  protected readonly operation: string;
  protected readonly replaced: ReplacedParameter;
  private call: Call | null = null;
  private removed = false;

  constructor(operation: string, layer: L, name: string) {
    super();
    checkLayer(operation, layer);
    this.operation = operation;
    this.replaced = new ReplacedParameter(operation, layer, name, {
      ready: () => this.own().every((parameter) => parameter.initialized),
      start: (weight) => this.start(weight),
      compute: () => this.weight(),
    });
    this.layer = layer;
  }

  /** Which parameter of the layer is computed. */
  get parameterName(): string {
    return this.replaced.name;
  }

  /** What the layer returns, with the computed parameter. Throws what the layer does. */
  override forward(...inputs: Parameters<L["forward"]>): ReturnType<L["forward"]> {
    if (this.removed) {
      throw new GraphError(`${this.operation}: it was removed from its layer; expected a forward of the layer itself`);
    }
    const outer = this.call;
    this.call = { weight: null };
    try {
      const output = this.layer.forward(...inputs) as ReturnType<L["forward"]>;
      this.succeeded();
      return output;
    } finally {
      this.call = outer;
    }
  }

  /**
   * Gives the layer back its parameter, with the value that is computed now, and returns it. This wrapper is of no use any more,
   * and an optimizer of its parameters neither.
   */
  remove(): L {
    if (this.removed) throw new GraphError(`${this.operation}: it was removed already; expected it once`);
    noGrad(() => this.replaced.putBack(this.own().some((parameter) => parameter.requiresGrad)));
    this.removed = true;
    return this.layer;
  }

  /** The parameters that the weight is computed from. */
  protected abstract own(): readonly LazyParameter[];

  /** Gives them, and buffers, their first data for a weight. */
  protected abstract start(weight: NDArray): void;

  /** The weight; `fresh` once in each forward. */
  protected abstract compute(fresh: boolean): Variable;

  /** Called after a forward that threw nothing. */
  protected succeeded(): void {}

  /** Takes the parameter out of the layer. To be called once the own parameters are there. */
  protected takeOver(): void {
    const { data, requiresGrad } = this.replaced;
    if (data !== null) this.start(data);
    for (const parameter of this.own()) parameter.requiresGrad = requiresGrad;
    this.replaced.takeOut();
  }

  protected override hyperparameters(): Hyperparameters {
    return { layer: this.layer.config(), name: this.replaced.name };
  }

  /** The own parameters before those of the layer, as they would be in it. */
  protected override assigned(): [name: string, value: unknown][] {
    const all = super.assigned();
    return [...all.filter(([name]) => name !== "layer"), ["layer", this.layer]];
  }

  private weight(): Variable {
    if (this.call === null) return this.compute(false);
    this.call.weight ??= this.compute(true);
    return this.call.weight;
  }
}

/**
 * The layer and the options of a wrapper's config.
 * @throws ArgumentError when there is no layer.
 */
export function unwrapped<O>(operation: string, hyperparameters: Hyperparameters): [layer: Layer, options: O] {
  const { layer, ...options } = hyperparameters;
  if (typeof layer !== "object" || layer === null) {
    throw new ArgumentError(`${operation}: layer is ${describe(layer)}; expected the config of a layer`);
  }
  return [fromConfig(layer as unknown as LayerConfig), options as unknown as O];
}

/**
 * Checks what is to be wrapped.
 * @throws ArgumentError when it is no layer.
 */
export function checkLayer(operation: string, layer: unknown): asserts layer is Layer {
  if (layer instanceof Layer) return;
  throw new ArgumentError(`${operation}: the first argument is ${describe(layer)}; expected a Layer`);
}

/**
 * The axis `dim` of a weight, counted from 0.
 * @throws ArgumentError or AxisError when it is none; ShapeError for a weight of fewer than two axes.
 */
export function checkDim(operation: string, dim: unknown, { name, pattern }: ReplacedParameter): number {
  if (!Number.isInteger(dim)) {
    throw new ArgumentError(`${operation}: dim is ${describe(dim)}; expected an axis of ${name}`);
  }
  if (pattern.length < 2) {
    throw new ShapeError(`${operation}: ${name} has shape ${patternText(pattern)}; expected at least two axes`);
  }
  return normalizeAxis(operation, dim as number, pattern.length);
}
