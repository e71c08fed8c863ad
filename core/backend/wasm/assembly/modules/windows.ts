/* Convolution and pooling. */
export * from "../conv";
export * from "../conv-weight";
export * from "../pool";
export { staticEnd } from "../static";
export { im2col, col2im_f32, col2im_f64 } from "../window";
