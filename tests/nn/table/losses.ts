import { NCELoss } from "../../../nn/index.js";
import { integers, type LayerCase, real, row } from "./case.js";

const classes = integers([4], [2, 0, 2, 3]);

/** The scores of targets and noise, in Python. */
const scores = [
  "target, W, b = x[1].long(), p['W'], p['b']",
  "groups = x[0] if x[0].ndim == 3 else x[0][:, None]",
  "z = (groups * W[target][:, None]).sum(-1) + b[target][:, None]",
  "zn = groups @ W[noise].T + b[noise]",
].join("\n");

export const cases: readonly LayerCase[] = [
  row({
    layer: "NCELoss",
    label: "the one class of noise, drawn twice, is a target too",
    make: (o) =>
      new NCELoss({
        nClasses: 5,
        noiseSampler: { probs: [0, 0, 1, 0, 0] },
        numNegativeSamples: 2,
        subtractLogLabelProb: false,
        ...o,
      }),
    sizes: { nIn: 3 },
    inputs: [real([4, 3]), classes],
    torch: `noise = [2, 2]\n${scores}\nF.softplus(-z).sum() + F.softplus(zn).sum()`,
  }),
  row({
    layer: "NCELoss",
    label: "of each in groups, with hits, less the logarithms of the noise",
    make: (o) =>
      new NCELoss({
        nClasses: 5,
        noiseSampler: { probs: [0.1, 0.2, 0.3, 0.35, 0.05], sample: () => [3, 4, 3] },
        numNegativeSamples: 3,
        reduction: "none",
        ...o,
      }),
    sizes: { nIn: 2 },
    inputs: [real([4, 3, 2]), classes],
    noRebuild: "a config keeps the probabilities of the noise, not how it is drawn",
    torch: [
      `noise, q = [3, 4, 3], torch.tensor([0.1, 0.2, 0.3, 0.35, 0.05], dtype=torch.float64).log()\n${scores}`,
      "F.softplus(q[target][:, None] - z) + F.softplus(zn - q[noise]).sum(-1)",
    ].join("\n"),
  }),
];
