export { detectAnomaly } from "./anomaly.js";
export { setThreads, threadCount } from "./backend/parallel.js";
export { type BackendInfo, backendInfo } from "./backend/select.js";
export { type BackwardOptions, type GradOptions, grad } from "./backward.js";
export { type Config, config, noGrad, testMode, usingConfig } from "./config.js";
export {
  type ArrayLike,
  type ArrayOptions,
  arange,
  array,
  eye,
  full,
  linspace,
  ones,
  randomInt,
  randomNormal,
  randomPermutation,
  randomUniform,
  zeros,
} from "./creation.js";
export { DTYPES, type DType, isFloat, promote } from "./dtype.js";
export * from "./errors.js";
export { Function, type InputGradients } from "./function.js";
export { type GradcheckOptions, gradcheck } from "./gradcheck.js";
export type { FunctionNode, VariableKind, VariableNode } from "./graph/nodes.js";
export { Graph, type GraphOptions, graph, type VariableNames } from "./graph.js";
export { type HeapStatistics, heap } from "./heap.js";
export { NDArray, type NestedArray, type NumericArray } from "./ndarray.js";
export type { ProfileEvent, ProfilePhase, ProfileRow } from "./profile/recorder.js";
export { Profile, type ProfileOptions, type ProfileTotals, profile } from "./profile.js";
export { type GeneratorState, generator, seed } from "./rng.js";
export type { Shape } from "./shape.js";
export { type BasicIndex, ellipsis, newAxis, type Slice, slice } from "./slicing.js";
export { keep, tidy } from "./tidy.js";
export {
  constant,
  type GradientHook,
  type Operand,
  Parameter,
  Variable,
  type VariableOptions,
  variable,
} from "./variable.js";
