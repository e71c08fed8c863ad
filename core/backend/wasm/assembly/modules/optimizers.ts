/* Steps of optimizers. */
export * from "../optimizers";
export { staticEnd } from "../static";
