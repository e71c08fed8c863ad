import { ArgumentError, GraphError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { checkFlag, describe, unquoted } from "../core/options.js";
import type { Shape } from "../core/shape.js";
import { type Operand, Parameter, Variable } from "../core/variable.js";
import { type Hyperparameters, type LayerConfig, registeredName } from "./config.js";
import { Buffer, misfit, type StateEntry } from "./state.js";
import { summaryTable } from "./summary.js";

/** A layer that takes one operand to one Variable, as `Sequential` chains them. */
export type UnaryLayer = Layer & { forward(x: Operand): Variable };

/** The learned and running values of a layer by their dotted names. */
export type StateDict = Record<string, NDArray>;

/** Called after each `forward` of a layer with what it returned and what it was given. */
export type ForwardHook = (output: unknown, inputs: readonly unknown[]) => void;

type Member = StateEntry | Layer;

/**
 * The base of everything that learns: layers, modules and models.
 *
 * What a layer consists of is what is assigned to its properties: Parameters, Buffers, other layers, and arrays of these, also
 * nested. What it keeps in a Map, a Set, an object of its own or a `#private` field is not seen: neither learned nor saved.
 *
 *     class Residual extends Layer {
 *       readonly inner = new FullyConnected({ nOut: 32, actFn: "relu" });
 *       forward(x: Variable): Variable { return add(x, this.inner.forward(x)); }
 *     }
 *
 * Whether it is in training (`train`, `eval`) and whether it learns (`freeze`, `unfreeze`) are separate matters.
 */
export abstract class Layer {
  /** Whether the layer behaves as in training, which matters to dropout and batch norm. Set by `train` and `eval`. */
  training = true;
  private lastShapes: readonly Shape[] = [];
  private forwardHooks: readonly ForwardHook[] = [];

  constructor() {
    const { forward } = this;
    // Around `forward` rather than inside it, so that layers which others write are seen by `summary` too.
    Object.defineProperty(this, "forward", {
      configurable: true,
      writable: true,
      value: (...inputs: never[]): unknown => {
        const output = forward.apply(this, inputs);
        this.lastShapes = shapesOf(output);
        for (const hook of this.forwardHooks) hook(output, inputs);
        return output;
      },
    });
  }

  /** Computes the layer's output. */
  abstract forward(...inputs: never[]): unknown;

  /** The shapes of what the last `forward` returned; none before the first. */
  get outputShapes(): readonly Shape[] {
    return this.lastShapes;
  }

  /** Calls `hook` after each `forward`, to look at what the layers in a model compute. Returns a function that takes it off again. */
  onForward(hook: ForwardHook): () => void {
    if (typeof hook !== "function") {
      throw new ArgumentError(`onForward: expected a function, got ${describe(hook)}`);
    }
    this.forwardHooks = [...this.forwardHooks, hook];
    return () => {
      this.forwardHooks = this.forwardHooks.filter((h) => h !== hook);
    };
  }

  /** The parameters of this layer and of all layers in it, each once, in the order of assignment. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** The parameters with their dotted names, such as `conv1.W`. A shared one goes by the first of its names. */
  namedParameters(): [name: string, parameter: Parameter][] {
    return this.members().filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter);
  }

  /** The buffers of this layer and of all layers in it, each once, in the order of assignment. */
  buffers(): Buffer[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** The buffers with their dotted names, such as `norm.runningMean`. */
  namedBuffers(): [name: string, buffer: Buffer][] {
    return this.members().filter((entry): entry is [string, Buffer] => entry[1] instanceof Buffer);
  }

  /** This layer (under the empty name) and all layers in it, each once, with their dotted names. */
  namedLayers(): [name: string, layer: Layer][] {
    return this.members().filter((entry): entry is [string, Layer] => entry[1] instanceof Layer);
  }

  /** The layers directly in this one, each once. */
  children(): Layer[] {
    return this.namedChildren().map(([, layer]) => layer);
  }

  /** The layers directly in this one, each once, with their names, such as `conv1` or `blocks.0`. */
  namedChildren(): [name: string, layer: Layer][] {
    return this.members(false).filter(
      (entry): entry is [string, Layer] => entry[1] !== this && entry[1] instanceof Layer,
    );
  }

  /** Calls `fn` with this layer and then with each layer in it, once. */
  apply(fn: (layer: Layer) => void): this {
    for (const [, layer] of this.namedLayers()) fn(layer);
    return this;
  }

  /**
   * Copies of all parameters and buffers by their dotted names.
   * @throws GraphError when some have no data yet.
   */
  stateDict(): StateDict {
    const entries = this.stateEntries();
    const missing = entries.filter(([, entry]) => !entry.initialized).map(([name]) => name);
    if (missing.length > 0) {
      throw new GraphError(
        `stateDict: ${missing.join(", ")} have no data yet; expected a forward, or sizes given to the layers`,
      );
    }
    return Object.fromEntries(entries.map(([name, entry]) => [name, entry.data.copy()]));
  }

  /**
   * Takes copies of the values of a `stateDict()`, also into layers that have not seen a forward.
   * @throws ArgumentError that names every missing, unexpected and ill-fitting entry; then nothing has changed.
   */
  loadStateDict(state: Readonly<StateDict>): void {
    this.checkStateDict(state);
    const entries = this.stateEntries();
    const copies = entries.map(([name]) => state[name]!.copy());
    entries.forEach(([, entry], i) => {
      if (entry.initialized) entry.data = copies[i]!;
      else entry.initialize(copies[i]!);
    });
  }

  /** Throws what `loadStateDict` would, and takes nothing. */
  checkStateDict(state: Readonly<StateDict>): void {
    if (typeof state !== "object" || state === null || state instanceof NDArray) {
      throw new ArgumentError(`loadStateDict: expected an object of NDArrays, got ${describe(state)}`);
    }
    const entries = this.stateEntries();
    const problems = entries.flatMap(([name, entry]) => {
      if (!Object.hasOwn(state, name)) return [`${name} is missing`];
      const value: unknown = state[name];
      if (!(value instanceof NDArray)) return [`${name} is ${describe(value)}; expected an NDArray`];
      const reason = misfit(entry, value);
      return reason === null ? [] : [`${name} has ${reason}`];
    });
    const known = new Set(entries.map(([name]) => name));
    for (const name of Object.keys(state)) if (!known.has(name)) problems.push(`${unquoted(name)} is unexpected`);
    if (problems.length === 0) return;
    throw new ArgumentError(`loadStateDict: the state does not fit; nothing was changed:\n  ${problems.join("\n  ")}`);
  }

  /** Makes this layer and all layers in it behave as in training, or with false as `eval` does. */
  train(training = true): this {
    checkFlag("train", "training", training);
    return this.setTraining(training);
  }

  /** Makes this layer and all layers in it behave as in use: dropout passes its input on. */
  eval(): this {
    return this.setTraining(false);
  }

  /** Stops the learning of all parameters, also of those whose size is not known yet. Gradients still flow through the layer. */
  freeze(): this {
    return this.setLearning(false);
  }

  /** Lets all parameters learn again. */
  unfreeze(): this {
    return this.setLearning(true);
  }

  /** Forgets the gradients of all parameters. */
  clearGrads(): void {
    for (const parameter of this.parameters()) parameter.clearGrad();
  }

  /** The same as `clearGrads`, by the name that optimizers have for it. */
  zeroGrad(): void {
    this.clearGrads();
  }

  /** A table of the layers with the shapes of their last outputs, and the shapes and numbers of their own parameters. */
  summary(): string {
    return summaryTable(this);
  }

  /** What `summary()` gives. */
  toString(): string {
    return this.summary();
  }

  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.summary();
  }

  /**
   * What `fromConfig` rebuilds this layer from: the registered name of its class and its hyperparameters.
   * @throws ArgumentError when the class is not registered, or a hyperparameter is a function that has no name in JSON.
   */
  config(): LayerConfig {
    return { layer: registeredName(this), hyperparameters: this.hyperparameters() };
  }

  /** The options that the constructor takes, as far as they differ from object to object. Overridden by layers that have some. */
  protected hyperparameters(): Hyperparameters {
    return {};
  }

  /** What is registered directly in this layer, by name: its own properties. */
  protected assigned(): [name: string, value: unknown][] {
    return Object.entries(this);
  }

  /** All that is registered here and, if `deep`, in the layers here, with their names; first this layer itself. */
  private members(deep = true): [string, Member][] {
    const names = new Map<Member, string>();
    const visit = (value: unknown, name: string): void => {
      if (Array.isArray(value)) {
        for (const [i, item] of value.entries()) visit(item, `${name}.${i}`);
      } else if (isMember(value) && !names.has(value)) {
        names.set(value, name);
        if (!(value instanceof Layer) || (!deep && value !== this)) return;
        for (const [key, inner] of value.assigned()) visit(inner, name === "" ? key : `${name}.${key}`);
      }
    };
    visit(this, "");
    return [...names].map(([member, name]) => [name, member]);
  }

  private stateEntries(): [string, StateEntry][] {
    return this.members().filter((entry): entry is [string, StateEntry] => !(entry[1] instanceof Layer));
  }

  private setTraining(training: boolean): this {
    for (const [, layer] of this.namedLayers()) layer.training = training;
    return this;
  }

  private setLearning(learning: boolean): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = learning;
    return this;
  }
}

function isMember(value: unknown): value is Member {
  return value instanceof Parameter || value instanceof Buffer || value instanceof Layer;
}

/** The shapes of the Variables in what a forward returned: one, several in an array, or the values of an object. */
function shapesOf(output: unknown): Shape[] {
  if (output instanceof Variable) return [output.shape];
  if (Array.isArray(output)) return output.flatMap(shapesOf);
  if (typeof output !== "object" || output === null) return [];
  return Object.values(output).flatMap((value) => (value instanceof Variable ? [value.shape] : []));
}
