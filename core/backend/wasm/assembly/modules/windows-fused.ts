export * from "../conv";
export * from "../conv-weight";
export { staticEnd } from "../static";
