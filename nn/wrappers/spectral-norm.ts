import { config, noGrad } from "../../core/config.js";
import { randomNormal } from "../../core/creation.js";
import { ArgumentError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkCount, checkOptions, describe } from "../../core/options.js";
import { Variable } from "../../core/variable.js";
import { div } from "../../functions/arithmetic.js";
import { dot, matmul } from "../../functions/linalg.js";
import { norm } from "../../functions/norm.js";
import { reshape, transpose } from "../../functions/shape.js";
import type { Hyperparameters } from "../config.js";
import type { Layer, UnaryLayer } from "../layer.js";
import { Buffer, LazyParameter } from "../state.js";
import { checkDim, Reparametrization, type ReparametrizationOptions, unwrapped } from "./reparametrization.js";

/** Options of `SpectralNorm`. */
export interface SpectralNormOptions extends ReparametrizationOptions {
  /**
   * The axis of the weight that becomes one side of the matrix, the others together the other side: -1 unless given, which is the
   * outputs in the weights `W` of this library.
   */
  dim?: number;
  /** Steps of the power iteration in each forward in training: 1 unless given. */
  nPowerIterations?: number;
  /** The least number that a vector is divided by to bring it to length 1: 1e-12 unless given. */
  eps?: number;
}

/** The two vectors of the power iteration. */
interface Vectors {
  /** (outputs,) */
  readonly u: NDArray;
  /** (all else,) */
  readonly v: NDArray;
}

const NAME = "SpectralNorm";
/** Steps that new vectors take at once, so that the norm is about right from the start. */
const FIRST_ITERATIONS = 15;

/**
 * Spectral normalization of a layer (Miyato et al., "Spectral normalization for generative adversarial networks", 2018): in
 * the place of a weight `W` there is `original`, of which it is computed in each forward as `original / sigma`, where sigma is
 * its largest singular value as a matrix. Sigma is `u . original v` with the buffers `u` and `v`, which come nearer to the singular
 * vectors by a power iteration in each forward in training, and are constants to the gradient. In use (`eval()`, `testMode`)
 * they stay.
 *
 *     const layer = new SpectralNorm(new Conv2D({ outCh: 8, kernelShape: 3 }));
 *
 * PyTorch's `torch.nn.utils.spectral_norm`, whose weights have the outputs first (`dim` 0) and whose vectors start at random.
 */
export class SpectralNorm<L extends Layer = UnaryLayer> extends Reparametrization<L> {
  /** The weight before it is divided. */
  readonly original: LazyParameter;
  /** The left singular vector, (outputs,). */
  readonly u: Buffer;
  /** The right one, of the length of all else. */
  readonly v: Buffer;
  private readonly dim: number;
  /** The axis that is one side of the matrix, counted from 0. */
  readonly axis: number;
  private readonly nPowerIterations: number;
  private readonly eps: number;
  /** What the buffers become when the forward succeeds. */
  private next: Vectors | null = null;

  /** @throws ArgumentError, AxisError or ShapeError for no layer, options that are unknown or out of range, and no such parameter or axis. */
  constructor(layer: L, options: SpectralNormOptions = {}) {
    checkOptions(NAME, options, ["name", "dim", "nPowerIterations", "eps"]);
    const { name = "W", dim = -1, nPowerIterations = 1, eps = 1e-12 } = options;
    checkCount(NAME, "nPowerIterations", nPowerIterations);
    if (typeof eps !== "number" || !(eps > 0 && Number.isFinite(eps))) {
      throw new ArgumentError(`${NAME}: eps is ${describe(eps)}; expected a finite number above 0`);
    }
    super(NAME, layer, name);
    const { pattern, dtype } = this.replaced;
    this.axis = checkDim(NAME, dim, this.replaced);
    this.dim = dim;
    this.nPowerIterations = nPowerIterations;
    this.eps = eps;
    const rest = pattern.filter((_, i) => i !== this.axis);
    const size = rest.includes(null) ? null : rest.reduce<number>((product, n) => product * n!, 1);
    this.original = new LazyParameter("original", pattern, dtype);
    this.u = new Buffer("u", [pattern[this.axis]!], dtype);
    this.v = new Buffer("v", [size], dtype);
    this.takeOver();
  }

  /** Builds one from its config. */
  static fromHyperparameters(hyperparameters: Hyperparameters): SpectralNorm<Layer> {
    return new SpectralNorm(...unwrapped<SpectralNormOptions>(NAME, hyperparameters));
  }

  protected override own(): readonly LazyParameter[] {
    return [this.original];
  }

  protected override start(weight: NDArray): void {
    const matrix = this.matrix(new Variable(weight, false));
    // As float64, so that a seed gives both dtypes the same vectors.
    const drawn = randomNormal([matrix.shape[1]!], { dtype: "float64" });
    const { u, v } = this.iterate(matrix, drawn.astype(weight.dtype), FIRST_ITERATIONS);
    this.original.initialize(weight);
    this.u.initialize(u);
    this.v.initialize(v);
  }

  protected override compute(fresh: boolean): Variable {
    const matrix = this.matrix(this.original);
    const iterates = fresh && this.training && config.train;
    this.next = iterates ? this.iterate(matrix, this.u.data, this.nPowerIterations) : null;
    const { u, v } = this.next ?? { u: this.u.data, v: this.v.data };
    return div(this.original, dot(matmul(v, matrix), u));
  }

  protected override succeeded(): void {
    if (this.next === null) return;
    this.u.data = this.next.u;
    this.v.data = this.next.v;
    this.next = null;
  }

  protected override hyperparameters(): Hyperparameters {
    const { dim, nPowerIterations, eps } = this;
    return { ...super.hyperparameters(), dim, nPowerIterations, eps };
  }

  /** The weight as a matrix (all else, outputs). */
  private matrix(weight: Variable): Variable {
    const others = weight.shape.flatMap((_, i) => (i === this.axis ? [] : [i]));
    const last = others.length === this.axis ? weight : transpose(weight, [...others, this.axis]);
    return reshape(last, [-1, weight.shape[this.axis]!]);
  }

  private iterate(matrix: Variable, from: NDArray, steps: number): Vectors {
    return noGrad(() => {
      let u = new Variable(from, false);
      let v = u;
      for (let step = 0; step < steps; step++) {
        v = this.unit(matmul(matrix, u));
        u = this.unit(matmul(v, matrix));
      }
      return { u: u.data, v: v.data };
    });
  }

  private unit(x: Variable): Variable {
    return div(x, Math.max(norm(x).item(), this.eps));
  }
}
