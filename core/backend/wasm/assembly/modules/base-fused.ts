/* Products, and the functions with polynomials in them that are called most; the rest would make the smallest programs larger. */
export { gemm_f32, gemm_f64 } from "../gemm";
export { softmax_f32 } from "../softmax";
export { staticEnd } from "../static";
export { exp_f32, sigmoid_f32, tanh_f32 } from "../unary";
