import { attention } from "./attention.js";
import { chain } from "./chain.js";
import { add, exp, tanh } from "./elementwise.js";
import { lenet } from "./lenet.js";
import { lstm } from "./lstm.js";
import { matmul } from "./matmul.js";
import { mlp } from "./mlp.js";
import type { Prepare } from "./program.js";
import { softmax, sum } from "./reductions.js";
import { transformer } from "./transformer.js";
import { vae } from "./vae.js";
import { wganGP } from "./wgan-gp.js";

/** retrograd's program of each family of workloads. */
export const programs: Readonly<Record<string, Prepare>> = {
  add,
  attention,
  chain,
  exp,
  lenet,
  lstm,
  matmul,
  mlp,
  peakMemory: mlp,
  softmax,
  sum,
  tanh,
  transformer,
  vae,
  wganGP,
};
