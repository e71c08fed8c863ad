/* What methods of Variable need. */
export * from "../binary";
export * from "../compare";
export { copy_8, copy_32, copy_64 } from "../copy";
export { f32_to_f64, f32_to_i32, f32_to_u8, f64_to_f32, f64_to_i32, f64_to_u8 } from "../copy";
export { i32_to_f32, i32_to_f64, i32_to_u8, u8_to_f32, u8_to_f64, u8_to_i32, fill_f32, fill_f64 } from "../copy";
export { gemm_f32, gemm_f64 } from "../gemm";
export { gemv_f32, gemv_f64 } from "../gemv";
export * from "../reduce";
export * from "../rows";
export * from "../scan";
export * from "../softmax";
export * from "../softmax-grad";
export { staticEnd } from "../static";
export * from "../unary";
