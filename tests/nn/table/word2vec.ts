import { Vocabulary, Word2Vec } from "../../../nn/index.js";
import { integers, type LayerCase, row } from "./case.js";

/** Ids 3 to 6, of which noise draws none but 3, the most frequent by far for so high a power. */
const vocabulary = new Vocabulary().fit("whale whale whale whale\nship ship\nboat boat sea");
const noiseDistPower = 200;

/** The loss of inputs `h` (N, width), in Python, when `less` is subtracted from the scores of targets. */
const loss = [
  "target, W, b = x[1].long(), p['loss.W'], p['loss.b']",
  "z = (h * W[target]).sum(-1) + b[target] - less",
  "zn = h @ W[[3, 3]].T + b[[3, 3]]",
  "F.softplus(-z).sum() + F.softplus(zn).sum()",
].join("\n");

export const cases: readonly LayerCase[] = [
  row({
    layer: "Word2Vec",
    label: "CBOW",
    make: (o) => new Word2Vec({ vocabulary, noiseDistPower, embeddingDim: 3, numNegativeSamples: 2, ...o }),
    inputs: [integers([4, 3], [3, 4, 4, 5, 6, 3, 5, 5, 5, 4, 6, 3]), integers([4], [5, 3, 4, 5])],
    torch: `h, less = p['embeddings.W'][x[0].long()].mean(1), 0\n${loss}`,
  }),
  row({
    layer: "Word2Vec",
    label: "skip-gram, less the logarithms of the noise",
    make: (o) =>
      new Word2Vec({
        vocabulary,
        noiseDistPower,
        embeddingDim: 3,
        numNegativeSamples: 2,
        skipGram: true,
        subtractLogLabelProb: true,
        ...o,
      }),
    inputs: [integers([5], [3, 4, 4, 6, 5]), integers([5], [5, 3, 3, 3, 3])],
    torch: [
      "h = p['embeddings.W'][x[0].long()]",
      `less = ${noiseDistPower} * torch.log(torch.tensor([1, 1, 1, 4, 2, 2, 1], dtype=torch.float64) / 4)[x[1].long()]`,
      loss,
    ].join("\n"),
  }),
];
