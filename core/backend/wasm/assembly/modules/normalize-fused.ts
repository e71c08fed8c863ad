/* What has exponentials in it. */
export * from "../causal";
export { crossEntropy_f32, crossEntropyGrad_f32 } from "../normalize";
export { staticEnd } from "../static";
