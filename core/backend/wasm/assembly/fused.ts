/*
 * The module for engines with relaxed SIMD: the kernels that multiply and add most of the time, to be used in place of those
 * of index.ts.
 */
export * from "./conv";
export * from "./conv-weight";
export { gemm_f32, gemm_f64 } from "./gemm";
export * from "./gru";
export * from "./lstm";
export * from "./rnn";
export { staticEnd } from "./static";
