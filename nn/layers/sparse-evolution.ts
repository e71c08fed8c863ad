import { array, randomUniform, zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError, GraphError } from "../../core/errors.js";
import type { NDArray, NumericArray } from "../../core/ndarray.js";
import { binary, compare, filled } from "../../core/numeric.js";
import { checkCount, checkFloat, checkNumber, checkOptions, describe } from "../../core/options.js";
import { generator } from "../../core/rng.js";
import type { Shape } from "../../core/shape.js";
import type { Operand, Parameter, Variable } from "../../core/variable.js";
import { mul } from "../../functions/arithmetic.js";
import { linear } from "../../functions/linalg.js";
import { sharersOf } from "../../optim/distributed/parameters.js";
import { type Activation, type ActivationSpec, activationName, resolveActivation } from "../activations.js";
import type { Hyperparameters } from "../config.js";
import {
  drawWeight,
  type Initializer,
  type InitializerSpec,
  initializerName,
  resolveInitializer,
} from "../initializers.js";
import { Layer } from "../layer.js";
import { Buffer, LazyParameter } from "../state.js";
import { checkLast, layerInput } from "./input.js";

/** Options of `SparseEvolution`. */
export interface SparseEvolutionOptions {
  /** Number of outputs. */
  nOut: number;
  /** Number of inputs; told by the first input unless given. */
  nIn?: number | null;
  /** The share of the connections of either sign that `evolve` replaces: 0.3 unless given. */
  zeta?: number;
  /** Makes the density `epsilon * (nIn + nOut) / (nIn * nOut)`, at most 1: 20 unless given. */
  epsilon?: number;
  /** The expected share of the possible connections that there are, instead of `epsilon`. */
  density?: number | null;
  /** Applied to the output; none unless given. */
  actFn?: ActivationSpec;
  /** Draws the weight, also of new connections: `"glorot_uniform"` unless given. The bias starts at 0. */
  init?: InitializerSpec;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** What `SparseEvolution.evolve` needs of an optimizer: to forget what it knows of the elements of a parameter. */
export interface ResettableState {
  /** Forgets what is known of `parameter`, or of its elements where `where` is not 0. */
  resetState(parameter: Parameter, where?: NDArray): void;
}

const NAME = "SparseEvolution";
const KNOWN = ["nOut", "nIn", "zeta", "epsilon", "density", "actFn", "init", "dtype"];

/* What became of a connection: bits, since one that went may come back. */
const WENT = 1;
const CAME = 2;

/**
 * A sparse layer whose connections evolve (Mocanu et al., "Scalable training of artificial neural networks with adaptive
 * sparse connectivity inspired by network science", 2018): `actFn(x (W * WMask) + b)` on the last axis, (N, ..., nIn) to
 * (N, ..., nOut), with `W` (nIn, nOut), `b` (nOut,) and a buffer `WMask` (nIn, nOut) of 0 and 1. Each connection is there with
 * probability `density`; those that are not get no gradient. Call `evolve` once in a while, such as after each epoch.
 * PyTorch's is `F.linear(x, (W * WMask).T, b)`.
 */
export class SparseEvolution extends Layer {
  /** The weights (nIn, nOut), of which `WMask` says which count. */
  readonly W: LazyParameter;
  /** The bias (nOut,). */
  readonly b: LazyParameter;
  /** 1 where there is a connection, else 0: (nIn, nOut). */
  readonly WMask: Buffer;
  private readonly zeta: number;
  private readonly epsilon: number;
  private readonly expected: number | null;
  private readonly activation: Activation;
  private readonly init: Initializer;

  /** @throws ArgumentError for options that are unknown, out of range or contradict each other. */
  constructor(options: SparseEvolutionOptions) {
    super();
    checkOptions(NAME, options, KNOWN);
    const { nOut, nIn = null, zeta = 0.3, epsilon = 20, density = null } = options;
    const { actFn = null, init = "glorot_uniform", dtype = "float32" } = options;
    checkCount(NAME, "nOut", nOut);
    if (nIn !== null) checkCount(NAME, "nIn", nIn);
    checkShare("zeta", zeta);
    checkNumber(NAME, "epsilon", epsilon, 0);
    if (density !== null) checkShare("density", density);
    if (density !== null && options.epsilon !== undefined) {
      throw new ArgumentError(
        `${NAME}: both epsilon ${epsilon} and density ${density} are given; expected one of them`,
      );
    }
    checkFloat(NAME, dtype);
    this.zeta = zeta;
    this.epsilon = epsilon;
    this.expected = density;
    this.activation = resolveActivation(NAME, actFn);
    this.init = resolveInitializer(NAME, init);
    this.W = new LazyParameter("W", [nIn, nOut], dtype);
    this.b = new LazyParameter("b", [nOut], dtype);
    this.WMask = new Buffer("WMask", [nIn, nOut], dtype);
    if (nIn !== null) this.initialize(nIn);
  }

  /**
   * @throws ShapeError for fewer than two axes, no elements or another number of inputs than before; DTypeError for another
   * dtype than the layer's.
   */
  override forward(x: Operand): Variable {
    const dtype = this.W.dtype as FloatDType;
    const input = layerInput(NAME, x, { layout: "(N, ..., nIn)", ndim: 2, orMore: true, dtype });
    if (this.W.initialized) checkLast(NAME, "features", input, this.W.shape[0]!);
    else this.initialize(input.shape.at(-1)!);
    return this.activation.apply(linear(input, mul(this.W, this.WMask.data), this.b));
  }

  /**
   * Replaces connections: the share `zeta` of the positive ones that are nearest to 0 and that of the negative ones go, and as
   * many come at random places where there were none, with new weights. Just as many as before are there afterwards. Where
   * more go than there are free places, the rest comes back where connections went. A weight of exactly 0 counts as positive.
   *
   * `optimizer`, when it is given, forgets what it knows of the weights that went and came, such as their momentum. A frozen
   * layer stays as it is. Ranks that train the layer together all call it, and replace those that rank 0 does.
   * @returns how many were replaced.
   * @throws GraphError before the first forward tells the sizes; ArgumentError when `optimizer` is not one.
   */
  evolve(optimizer?: ResettableState): number {
    if (optimizer !== undefined && typeof optimizer?.resetState !== "function") {
      throw new ArgumentError(`${NAME}: optimizer is ${describe(optimizer)}; expected an Optimizer, with resetState`);
    }
    if (!this.W.initialized) {
      throw new GraphError(`${NAME}: evolve has no weights before the first forward; expected a forward, or nIn`);
    }
    if (!this.W.requiresGrad) return 0;
    const { weights, mask, replaced } = this.evolved();
    const communicator = sharersOf(this.W);
    for (const values of [weights, mask, replaced]) communicator.broadcast(values);
    optimizer?.resetState(this.W, replaced.astype("bool"));
    this.W.data = weights;
    this.WMask.data = mask;
    return replaced.toTypedArray().filter((what) => (what & WENT) !== 0).length;
  }

  protected override hyperparameters(): Hyperparameters {
    const [nIn, nOut] = this.W.initialized ? this.W.shape : this.W.pattern;
    return {
      nOut: nOut!,
      nIn: nIn!,
      zeta: this.zeta,
      ...(this.expected === null ? { epsilon: this.epsilon } : { density: this.expected }),
      actFn: activationName(NAME, this.activation),
      init: initializerName(NAME, this.init),
      dtype: this.W.dtype,
    };
  }

  /** The weights and the mask with other connections, and which were replaced. */
  private evolved(): { weights: NDArray; mask: NDArray; replaced: NDArray } {
    const weights = this.W.data.toTypedArray();
    const mask = this.WMask.data.toTypedArray();
    const gone = weakest(weights, mask, this.zeta);
    const come = places(mask, gone);
    const fresh = this.draw(this.W.shape).toTypedArray();
    const replaced = new Int32Array(mask.length);
    for (const i of gone) {
      mask[i] = 0;
      weights[i] = 0;
      replaced[i] = WENT;
    }
    for (const i of come) {
      mask[i] = 1;
      weights[i] = fresh[i]!;
      replaced[i]! |= CAME;
    }
    const shaped = (values: NumericArray): NDArray => array(values).reshape(this.W.shape);
    return { weights: shaped(weights), mask: shaped(mask), replaced: shaped(replaced) };
  }

  private initialize(nIn: number): void {
    const [, nOut] = this.W.pattern;
    const dtype = this.W.dtype as FloatDType;
    const density = this.expected ?? Math.min(1, (this.epsilon * (nIn + nOut!)) / (nIn * nOut!));
    // In float64 and first, so that a seed gives the same connections in both dtypes.
    const drawn = randomUniform([nIn, nOut!], { dtype: "float64" });
    const mask = compare("less", drawn, filled([], density, "float64")).astype(dtype);
    const weight = this.draw([nIn, nOut!]);
    this.W.initialize(binary("mul", weight, mask));
    this.b.initialize(zeros([nOut!], { dtype }));
    this.WMask.initialize(mask);
  }

  private draw(shape: Shape): NDArray {
    const dtype = this.W.dtype as FloatDType;
    return drawWeight(NAME, this.init, shape, { dtype, gain: this.activation.gain });
  }
}

/** The flat indices of the share `zeta` of the connections of either sign whose weights are nearest to 0. */
function weakest(weights: NumericArray, mask: NumericArray, zeta: number): number[] {
  const connected = [...mask.keys()].filter((i) => mask[i] !== 0);
  return [connected.filter((i) => weights[i]! >= 0), connected.filter((i) => weights[i]! < 0)].flatMap((side) =>
    side.sort((i, j) => Math.abs(weights[i]!) - Math.abs(weights[j]!)).slice(0, Math.round(zeta * side.length)),
  );
}

/** As many random flat indices as `gone` has: of places without a connection, and of those in `gone` when they are too few. */
function places(mask: NumericArray, gone: readonly number[]): number[] {
  const free = [...mask.keys()].filter((i) => mask[i] === 0);
  return [...shuffled(free), ...shuffled(gone)].slice(0, gone.length);
}

function shuffled(indices: readonly number[]): number[] {
  return Array.from(generator.permutation(indices.length), (i) => indices[i]!);
}

/** @throws ArgumentError when an option is no number from 0 to 1. */
function checkShare(option: string, value: unknown): void {
  if (typeof value === "number" && value >= 0 && value <= 1) return;
  throw new ArgumentError(`${NAME}: ${option} is ${describe(value)}; expected a number from 0 to 1`);
}
