export * from "../gru";
export * from "../lstm";
export * from "../rnn";
export { staticEnd } from "../static";
