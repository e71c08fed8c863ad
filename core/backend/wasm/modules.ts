import { BASE, BASE_FUSED } from "./code/base.js";
import { NORMALIZE, NORMALIZE_FUSED } from "./code/normalize.js";
import { OPTIMIZERS } from "./code/optimizers.js";
import { RECURRENT, RECURRENT_FUSED } from "./code/recurrent.js";
import { WINDOWS, WINDOWS_FUSED } from "./code/windows.js";
import { KernelModule } from "./kernel-module.js";

/* The modules that scripts/build-kernels.mjs makes. A bundler drops those that no function of the program uses. */

/** What methods of Variable need: elementwise maps, reductions, copies, softmax, matrix products. */
export const base = /* @__PURE__ */ new KernelModule(1, BASE, BASE_FUSED);

/** Normalization, cross-entropy of logits, causal attention. */
export const normalize = /* @__PURE__ */ new KernelModule(2, NORMALIZE, NORMALIZE_FUSED);

/** Convolution and pooling. */
export const windows = /* @__PURE__ */ new KernelModule(3, WINDOWS, WINDOWS_FUSED);

/** Passes over sequences. */
export const recurrent = /* @__PURE__ */ new KernelModule(4, RECURRENT, RECURRENT_FUSED);

/** Steps of optimizers. */
export const optimizers = /* @__PURE__ */ new KernelModule(5, OPTIMIZERS);

/** Whether products and sums are made by instructions that do both, with one rounding. */
export function multiplyAdds(): boolean {
  return base.binaries.length > 1;
}
