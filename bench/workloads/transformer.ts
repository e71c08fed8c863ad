import { array, type Parameter, slice } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { classes } from "../values.js";
import { count, data, digest, type Prepare } from "./program.js";

const RATE = 0.001;

/**
 * A training step of a causal language model: embedding, learned positions, pre-norm blocks, cross-entropy of the next token,
 * backward, clipping by the norm of all gradients, AdamW.
 */
export const transformer: Prepare = (sizes) => {
  const [batch, tokens] = [count(sizes, "batch"), count(sizes, "tokens")];
  const [width, nHeads] = [count(sizes, "width"), count(sizes, "heads")];
  const [numLayers, vocabulary] = [count(sizes, "layers"), count(sizes, "vocabulary")];
  const embedding = new nn.Embedding({ vocabSize: vocabulary, nOut: width });
  const position = new nn.PositionalEncoding({ learned: true, maxLen: tokens, nIn: width });
  const blocks = { nIn: width, nHeads, causal: true, normFirst: true, dropoutP: 0 };
  const encoder = new nn.TransformerEncoder({ numLayers, ...blocks });
  const next = new nn.FullyConnected({ nIn: width, nOut: vocabulary });
  const model = new nn.Sequential(embedding, position, encoder, next);

  const tables: Parameter[] = [embedding.W, position.W!];
  const weights: Parameter[] = encoder.layers.flatMap(({ selfAttention: { Q, K, V, O }, linear1, linear2 }) =>
    [Q, K, V, O, linear1, linear2].map(({ W }) => W),
  );
  weights.push(next.W);
  for (const [i, W] of tables.entries()) W.data = data([...W.shape], 10 + i);
  for (const [i, W] of weights.entries()) W.data = data([...W.shape], 12 + i, Math.sqrt(3 / W.shape[0]!));
  const optimizer = new optim.AdamW(model.parameters(), { lr: RATE, clipGlobalNorm: 1 });
  const text = array(classes(batch * (tokens + 1), vocabulary)).reshape([batch, tokens + 1]);
  const x = text.slice(slice(), slice(0, -1));
  const t = text.slice(slice(), slice(1));

  const step = () => {
    const loss = F.softmaxCrossEntropy(model.forward(x), t);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  return {
    step: () => void step(),
    check: () => [...digest(step()), ...digest(...[...tables, ...weights].map((W) => W.grad)), ...digest(step())],
  };
};
