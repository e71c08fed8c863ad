import { array } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { describe } from "../../core/options.js";
import { type Parameter, Variable } from "../../core/variable.js";
import type { Layer } from "../layer.js";
import { LazyParameter, type ShapePattern } from "../state.js";

/** What a layer finds in the place of a parameter that is computed from others. */
export interface Source {
  /** Whether the others have data. */
  ready(): boolean;
  /** Gives the others their first data, of what the layer would have given the parameter. */
  start(data: NDArray): void;
  /** The value. */
  compute(): Variable;
}

type Holder = Record<string, unknown>;

/**
 * A parameter taken out of a layer, which finds a computed Variable in its place: wherever the layers in it held the parameter, an
 * accessor asks `source`. So a layer needs to know nothing of it, `parameters()` does not see it, and gradients go where
 * `source` got the value from.
 */
export class ReplacedParameter {
  readonly dtype: FloatDType;
  /** The shape as far as it is known. */
  readonly pattern: ShapePattern;
  private readonly parameter: Parameter;
  private readonly places: readonly (readonly [holder: Holder, key: string])[];

  /** @throws ArgumentError when the layer has no parameter of that name, or one of which nothing is known yet. */
  constructor(
    operation: string,
    layer: Layer,
    readonly name: string,
    private readonly source: Source,
  ) {
    const named = layer.namedParameters();
    const found = named.find(([path]) => path === name)?.[1];
    if (found === undefined) {
      const known = named.map(([path]) => path).join(", ") || "a layer with parameters";
      throw new ArgumentError(`${operation}: name is ${describe(name)}; expected ${known}`);
    }
    if (!found.initialized && !(found instanceof LazyParameter)) {
      throw new ArgumentError(
        `${operation}: nothing is known of the shape of ${name}; expected a LazyParameter, or one with data`,
      );
    }
    this.parameter = found;
    this.dtype = found.dtype as FloatDType;
    this.pattern = found.initialized ? [...found.shape] : (found as LazyParameter).pattern;
    this.places = layer.namedLayers().flatMap(([, inner]) => placesOf(inner as unknown as Holder, found));
  }

  /** Whether it learned, before it was taken out. */
  get requiresGrad(): boolean {
    return this.parameter.requiresGrad;
  }

  /** The data it had, null when it had none. */
  get data(): NDArray | null {
    return this.parameter.initialized ? this.parameter.data : null;
  }

  /** Puts the accessors in its places. */
  takeOut(): void {
    for (const [holder, key] of this.places) {
      // Not enumerable, so that what lists a layer's properties does not compute it.
      Object.defineProperty(holder, key, { configurable: true, enumerable: false, get: () => this.standIn() });
    }
  }

  /** Puts the parameter back, with the value computed last. */
  putBack(requiresGrad: boolean): void {
    const { parameter, source } = this;
    if (source.ready()) {
      const value = source.compute().data.copy();
      if (parameter.initialized) parameter.data = value;
      else parameter.initialize(value);
    }
    parameter.requiresGrad = requiresGrad;
    for (const [holder, key] of this.places) {
      Object.defineProperty(holder, key, { configurable: true, enumerable: true, writable: true, value: parameter });
    }
  }

  /** What takes the parameter's place, with all that layers ask a LazyParameter for. */
  private standIn(): Variable {
    const { source, pattern, dtype, parameter } = this;
    if (!source.ready()) return new Unstarted(pattern, dtype, (data) => source.start(data));
    const value = Object.assign(source.compute(), { initialized: true, pattern });
    value.name = parameter.name;
    return value;
  }
}

/** The stand-in of a parameter before it has data. */
class Unstarted extends Variable {
  readonly initialized = false;

  constructor(
    readonly pattern: ShapePattern,
    dtype: FloatDType,
    readonly initialize: (data: NDArray) => void,
  ) {
    super(array([], { dtype }), true);
  }
}

/** Where `parameter` is among the properties of `holder`, and in arrays among them. */
function placesOf(holder: Holder, parameter: Parameter): [holder: Holder, key: string][] {
  return Object.entries(holder).flatMap(([key, value]): [Holder, string][] => {
    if (value === parameter) return [[holder, key]];
    return Array.isArray(value) ? placesOf(value as unknown as Holder, parameter) : [];
  });
}
