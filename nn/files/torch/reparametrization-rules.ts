import { ArgumentError } from "../../../core/errors.js";
import type { NDArray } from "../../../core/ndarray.js";
import type { Shape } from "../../../core/shape.js";
import { slice } from "../../../core/slicing.js";
import type { Layer } from "../../layer.js";
import type { Reparametrization } from "../../wrappers/reparametrization.js";
import type { SpectralNorm } from "../../wrappers/spectral-norm.js";
import { WeightNorm } from "../../wrappers/weight-norm.js";
import { type Exchange, patternOf, type TorchTensor } from "./exchange.js";

/*
 * `torch.nn.utils.weight_norm` and `spectral_norm` put other tensors in the place of a `weight`: weight_g and weight_v, or weight_orig,
 * weight_u and weight_v. The functions of the same names in `torch.nn.utils.parametrizations` call them otherwise, and are read too.
 */

/** A weight that is one array here and one tensor there. */
interface Weight extends Exchange {
  readonly axes: readonly number[];
}

/**
 * The exchanges of a layer in a wrapper at `path`, of which `inside` are those without the wrapper.
 * @throws ArgumentError when the wrapped parameter is only a part of a tensor in PyTorch, or several.
 */
export function reparametrized(
  wrapper: Reparametrization<Layer>,
  path: string,
  inside: readonly Exchange[],
): Exchange[] {
  const within = (name: string) => (path === "" ? name : `${path}.${name}`);
  const own = within(`layer.${wrapper.parameterName}`);
  const weight = inside.find(({ ours }) => ours.includes(own));
  if (weight === undefined || weight.ours.length !== 1 || weight.torch.length !== 1 || weight.axes === undefined) {
    throw new ArgumentError(
      `${own} is no tensor by itself in PyTorch, which normalizes whole tensors; expected the layer without its wrapper (remove())`,
    );
  }
  const others = inside.filter((exchange) => exchange !== weight);
  const made =
    wrapper instanceof WeightNorm
      ? weightNorm(wrapper, weight as Weight)
      : spectralNorm(wrapper as unknown as SpectralNorm, weight as Weight);
  return [{ ...made, ours: made.ours.map(within) }, ...others];
}

function weightNorm({ g, v }: Pick<WeightNorm, "g" | "v">, weight: Weight): Exchange {
  const { axes } = weight;
  const lengths = patternOf(g);
  return {
    ours: ["g", "v"],
    torch: [
      {
        names: namesOf(weight, "g", "original0"),
        shape: lengths.length === 0 ? [] : axes.map((axis) => lengths[axis]!),
      },
      { names: namesOf(weight, "v", "original1"), shape: axes.map((axis) => patternOf(v)[axis]!) },
    ],
    fromTorch: ([g, v]) => [spread(g!, v!.shape, weight.fromTorch, (k) => axes.indexOf(k)), weight.fromTorch([v!])[0]!],
    toTorch: ([g, v]) => [spread(g!, v!.shape, weight.toTorch, (k) => axes[k]!), weight.toTorch([v!])[0]!],
    problem: ([, shape]) => weight.problem?.([shape!]) ?? null,
  };
}

function spectralNorm(
  { original, u, v, axis }: Pick<SpectralNorm, "original" | "u" | "v" | "axis">,
  weight: Weight,
): Exchange {
  const { axes } = weight;
  const there = axes.indexOf(axis);
  return {
    ours: ["original", "u", "v"],
    torch: [
      { names: namesOf(weight, "orig", "original"), shape: axes.map((k) => patternOf(original)[k]!) },
      { names: namesOf(weight, "u", "0._u"), shape: patternOf(u) },
      { names: namesOf(weight, "v", "0._v"), shape: patternOf(v) },
    ],
    fromTorch: ([original, u, v]) => {
      const across = (x: NDArray, shape: Shape) =>
        spread(x.reshape(shape), original!.shape, weight.fromTorch, (k) => axes.indexOf(k)).reshape([-1]);
      const { side, rest } = sides(original!.shape, there);
      return [weight.fromTorch([original!])[0]!, across(u!, side), across(v!, rest)];
    },
    toTorch: ([original, u, v]) => {
      const across = (x: NDArray, shape: Shape) =>
        spread(x.reshape(shape), original!.shape, weight.toTorch, (k) => axes[k]!).reshape([-1]);
      const { side, rest } = sides(original!.shape, axis);
      return [weight.toTorch([original!])[0]!, across(u!, side), across(v!, rest)];
    },
    problem: ([original, u, v]) => {
      const size = original!.reduce((product, n) => product * n, 1);
      const [outputs, others] = [original![there]!, size / original![there]!];
      if (u![0] === outputs && v![0] === others) return weight.problem?.([original!]) ?? null;
      return `vectors of ${u![0]} and ${v![0]}; expected ${outputs} and ${others}, as normalized along axis ${there}`;
    },
  };
}

/** The shapes in which the two vectors of a spectral norm broadcast to the weight. */
function sides(shape: Shape, axis: number): { side: Shape; rest: Shape } {
  return { side: shape.map((n, i) => (i === axis ? n : 1)), rest: shape.map((n, i) => (i === axis ? 1 : n)) };
}

/**
 * What `exchange` makes of an array that broadcasts to `shape`, with lengths of 1 where it had some: `from` tells of which axis an
 * axis of the result comes.
 */
function spread(
  x: NDArray,
  shape: Shape,
  exchange: (arrays: readonly NDArray[]) => readonly NDArray[],
  from: (axis: number) => number,
): NDArray {
  const [whole] = exchange([x.broadcastTo(shape)]);
  const index = whole!.shape.map((_, k) => (x.ndim > 0 && x.shape[from(k)]! > 1 ? slice() : slice(0, 1)));
  const part = whole!.slice(...index);
  return x.ndim === 0 ? part.reshape([]) : part;
}

/** The names of what takes the place of a weight, older and newer. */
function namesOf({ torch: [tensor] }: Weight, ending: string, parametrization: string): TorchTensor["names"] {
  const newer = tensor!.names.map((name) => {
    const dot = name.lastIndexOf(".") + 1;
    return `${name.slice(0, dot)}parametrizations.${name.slice(dot)}.${parametrization}`;
  });
  return [...tensor!.names.map((name) => `${name}_${ending}`), ...newer] as unknown as TorchTensor["names"];
}
