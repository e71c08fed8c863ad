import * as nn from "retrograd/nn";
import { count, data, digest, input, type Prepare } from "./program.js";

/** An update of the critic of a WGAN-GP, with a gradient of a gradient, and one of the generator, their noise given: RMSProp. */
export const wganGP: Prepare = (sizes) => {
  const [batch, nIn, gHidden] = [count(sizes, "batch"), count(sizes, "features"), count(sizes, "hidden")];
  const model = new nn.WGAN_GP({ nIn, gHidden });
  const weights = model.parameters().filter(({ ndim }) => ndim === 2);
  weights.forEach((W, i) => {
    W.data = data([...W.shape], 10 + i, Math.sqrt(3 / W.shape[0]!));
  });
  const real = input([batch, nIn], 1, 3);
  const noise = input([batch, nIn], 2, Math.sqrt(3));
  const alpha = input([batch], 3, 0.5).add(0.5);

  const step = () => [model.updateCritic(real, { noise, alpha }).loss, model.updateGenerator({ noise })];
  return {
    step: () => void step(),
    check: () => [...step(), ...digest(...weights.map((W) => W.grad)), ...step()].map(Math.abs),
  };
};
