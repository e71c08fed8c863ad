/* Steps of optimizers, and the squares that clipping adds up. */
export * from "../optimizers";
export * from "../squares";
export { staticEnd } from "../static";
