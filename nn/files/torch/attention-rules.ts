import { ArgumentError } from "../../../core/errors.js";
import type { NDArray } from "../../../core/ndarray.js";
import { concatenate } from "../../../core/numeric.js";
import { shapeText } from "../../../core/shape.js";
import { slice } from "../../../core/slicing.js";
import type { FullyConnected } from "../../layers/fully-connected.js";
import type { MultiHeadedAttentionModule } from "../../modules/multi-headed-attention.js";
import { type Exchange, type Place, patternOf, permuted, type Shaped, same } from "./exchange.js";

const PROJECTIONS = ["Q", "K", "V"] as const;

/**
 * `MultiheadAttention`, where queries, what the heads share and the output have as many features: it has the weights of the three
 * projections below each other, or each by itself where keys or values have other numbers of features.
 */
export function multiHeadedAttention(module: MultiHeadedAttentionModule, { has }: Place): Exchange[] {
  const { Q, K, V, O } = module;
  if (has === null) checkSquare({ Q, O });
  const apart = has === null ? ![K, V].every(({ W }) => isSquare(W)) : has("q_proj_weight");
  const weights = apart
    ? PROJECTIONS.map((name) => permuted(`${name}.W`, module[name].W, [`${name.toLowerCase()}_proj_weight`], [1, 0]))
    : [together("W", "in_proj_weight", [Q, K, V])];
  const output = permuted("O.W", O.W, ["out_proj.weight"], [1, 0]);
  if (Q.b === null) return [...weights, output];
  const bias = together("b", "in_proj_bias", [Q, K, V]);
  return [...weights, bias, output, same("O.b", O.b!, ["out_proj.bias"])];
}

/** @throws ArgumentError where PyTorch has one number of features and the module has two. */
function checkSquare(layers: Readonly<Record<string, FullyConnected>>): void {
  for (const [name, { W }] of Object.entries(layers)) {
    if (isSquare(W)) continue;
    throw new ArgumentError(
      `toTorchState: ${name}.W has shape ${shapeText(W.shape)} and PyTorch's MultiheadAttention as many outputs as inputs there; expected kqvDim and nOut to be nIn`,
    );
  }
}

function isSquare(W: Shaped): boolean {
  return W.shape[0] === W.shape[1];
}

/** The weights or biases of the projections as one tensor. */
function together(entry: "W" | "b", name: string, layers: readonly FullyConnected[]): Exchange {
  const patterns = layers.map((layer) => [...patternOf(layer[entry]!)].reverse());
  const rows = patterns.some(([length]) => length === null)
    ? null
    : patterns.reduce((sum, [length]) => sum + length!, 0);
  const turned = (x: NDArray) => (x.ndim === 1 ? x : x.transpose());
  return {
    ours: PROJECTIONS.map((own) => `${own}.${entry}`),
    torch: [{ names: [name], shape: [rows, ...patterns[0]!.slice(1)] }],
    fromTorch: ([tensor]) => {
      const length = tensor!.shape[0]! / 3;
      return PROJECTIONS.map((_, i) => turned(tensor!.slice(slice(i * length, (i + 1) * length))));
    },
    toTorch: (arrays) => [concatenate(arrays.map(turned), 0)],
    problem: ([shape]) =>
      shape![0]! % 3 === 0 ? null : `${shape![0]} rows; expected a multiple of 3, for queries, keys and values`,
  };
}
