import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { count, data, digest, input, type Prepare } from "./program.js";

const RATE = 0.001;

/** A training step of a variational autoencoder of images of 28 x 28, its noise given: forward, minus the ELBO, backward, Adam. */
export const vae: Prepare = (sizes) => {
  const [batch, T, latentDim] = [count(sizes, "batch"), count(sizes, "latents"), count(sizes, "hidden")];
  const [encConv1OutCh, encConv2OutCh] = [count(sizes, "channels1"), count(sizes, "channels2")];
  const model = new nn.BernoulliVAE({ T, latentDim, encConv1OutCh, encConv2OutCh, inShape: [28, 28, 1] });
  const { encoder, decoder } = model;
  const weighted = [encoder.conv1, encoder.conv2, encoder.fc4, encoder.fc5, decoder.fc1, decoder.fc2];
  weighted.forEach(({ W }, i) => {
    const fanIn = W.shape.slice(0, -1).reduce((a, b) => a * b, 1);
    W.data = data([...W.shape], 10 + i, Math.sqrt(3 / fanIn));
  });
  const optimizer = new optim.Adam(model.parameters(), { lr: RATE });
  const x = input([batch, 28, 28, 1], 1, 0.5).add(0.5).data;
  const noise = input([batch, T], 2, Math.sqrt(3));

  const step = () => {
    const loss = model.loss(x, noise);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  return {
    step: () => void step(),
    check: () => [...digest(step()), ...digest(...weighted.map(({ W }) => W.grad)), ...digest(step())],
  };
};
