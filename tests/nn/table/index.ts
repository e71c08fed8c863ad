import { cases as activation } from "./activation.js";
import { cases as attention } from "./attention.js";
import { cases as basic } from "./basic.js";
import type { LayerCase } from "./case.js";
import { cases as convolution } from "./convolution.js";
import { cases as embedding } from "./embedding.js";
import { cases as energy } from "./energy.js";
import { cases as graph } from "./graph.js";
import { cases as images } from "./images.js";
import { cases as losses } from "./losses.js";
import { cases as models } from "./models.js";
import { cases as modules } from "./modules.js";
import { cases as normalization } from "./normalization.js";
import { cases as recurrent } from "./recurrent.js";
import { cases as transformers } from "./transformers.js";
import { cases as word2vec } from "./word2vec.js";
import { cases as wrappers } from "./wrappers.js";

/**
 * The rows of the table by family. A family is a file `<family>.ts` here, whose rows `<family>.test.ts` passes to `checkLayers`
 * (a file of its own, so that families are tested side by side), with the golden values in `tests/golden/layers-<family>.json`,
 * which `npm run golden:layers <family>` makes.
 */
export const families: Readonly<Record<string, readonly LayerCase[]>> = {
  activation,
  attention,
  energy,
  basic,
  convolution,
  embedding,
  graph,
  images,
  losses,
  models,
  modules,
  normalization,
  recurrent,
  transformers,
  word2vec,
  wrappers,
};
