import { checkCount, checkFlag, MOST_LAYERS } from "../../core/options.js";
import type { Variable } from "../../core/variable.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { LayerNorm1D } from "../layers/layer-norm.js";
import { initializeAs } from "./sizes.js";
import type { TransformerBlock, TransformerBlockOptions } from "./transformer-block.js";

/** The options that encoders and decoders have beside those of their blocks. */
export interface TransformerStackOptions {
  /** Number of blocks: 6 unless given. */
  numLayers?: number;
  /** Whether the output of the last block is normalized: as `normFirst` says unless given, since only then it is not yet. */
  finalNorm?: boolean;
}

/** The names of `TransformerStackOptions`. */
export const STACK_OPTIONS = ["numLayers", "finalNorm"];

type Options = TransformerBlockOptions & TransformerStackOptions;

/** What `TransformerEncoder` and `TransformerDecoder` have in common: their blocks, and the layer norm after the last. */
export abstract class TransformerStack<Block extends TransformerBlock> extends Layer {
  /** The blocks, the one next to the input first. */
  readonly layers: readonly Block[];
  /** The layer norm after the last block; null without. */
  readonly norm: LayerNorm1D | null;

  constructor(
    module: string,
    private readonly given: Options,
    make: () => Block,
  ) {
    super();
    const { numLayers = 6, normFirst = false, finalNorm = normFirst, nIn, epsilon, dtype } = given;
    checkCount(module, "numLayers", numLayers, 1, MOST_LAYERS);
    this.layers = Array.from({ length: numLayers }, make);
    checkFlag(module, "finalNorm", finalNorm);
    this.norm = finalNorm ? new LayerNorm1D({ nIn, epsilon, dtype }) : null;
  }

  /** Before the first forward, gives the parameters the values of a stack that `make` makes with the features of `x`. */
  protected initializeFor(x: Variable, make: (options: Options) => TransformerStack<Block>): void {
    if (!this.layers[0]!.initialized) initializeAs(this, make({ ...this.given, nIn: x.shape.at(-1)! }));
  }

  /** The output, of that of the last block. */
  protected normalized(x: Variable): Variable {
    return this.norm === null ? x : this.norm.forward(x);
  }

  protected override hyperparameters(): Hyperparameters {
    const { layers, norm } = this;
    const { hyperparameters } = layers[0]!.config();
    return { ...hyperparameters, numLayers: layers.length, finalNorm: norm !== null };
  }
}
