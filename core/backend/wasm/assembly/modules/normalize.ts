/* Normalization, cross-entropy of logits, causal attention. */
export * from "../causal";
export * from "../columns";
export * from "../normalize";
export { staticEnd } from "../static";
