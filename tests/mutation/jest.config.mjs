import { fileURLToPath } from "node:url";
import config from "../../jest.config.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** @type {import("jest").Config} */
export default {
  ...config,
  rootDir: path("../.."),
  maxWorkers: 1,
  testMatch: [path("suite.ts")],
  transform: { "\\.ts$": path("transform.cjs") },
  testEnvironment: path("environment.cjs"),
};
