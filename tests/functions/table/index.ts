import { activationCases } from "./activation.js";
import { arithmeticCases } from "./arithmetic.js";
import { arrangementCases } from "./arrangement.js";
import { attentionCases } from "./attention.js";
import type { FunctionCase } from "./case.js";
import { comparisonCases } from "./comparison.js";
import { convCases } from "./conv.js";
import { embeddingCases } from "./embedding.js";
import { graphCases } from "./graph.js";
import { indexingCases } from "./indexing.js";
import { joiningCases } from "./joining.js";
import { linalgCases } from "./linalg.js";
import { lossCases } from "./loss.js";
import { mathCases } from "./math.js";
import { normalizationCases } from "./normalization.js";
import { poolCases } from "./pool.js";
import { randomCases } from "./random.js";
import { recurrentCases } from "./recurrent.js";
import { reduceCases } from "./reduce.js";
import { selectionCases } from "./selection.js";
import { shapeCases } from "./shape.js";

/** Every function of `retrograd/functions`, in at least one case each. */
export const functionCases: readonly FunctionCase[] = [
  ...arithmeticCases,
  ...mathCases,
  ...selectionCases,
  ...comparisonCases,
  ...reduceCases,
  ...shapeCases,
  ...indexingCases,
  ...joiningCases,
  ...arrangementCases,
  ...linalgCases,
  ...activationCases,
  ...attentionCases,
  ...randomCases,
  ...convCases,
  ...poolCases,
  ...embeddingCases,
  ...graphCases,
  ...lossCases,
  ...normalizationCases,
  ...recurrentCases,
];
