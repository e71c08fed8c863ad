/* Passes over sequences. */
export * from "../gru";
export * from "../lstm";
export { packWeights_f32, packWeights_f64 } from "../recurrent";
export * from "../rnn";
export { staticEnd } from "../static";
