import { availableParallelism } from "node:os";

/** @type {import("jest").Config} */
export default {
  // Left to itself, jest uses one of two processors.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testEnvironment: "node",
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  transform: { "\\.ts$": ["ts-jest", { tsconfig: "tests/tsconfig.json" }] },
  moduleNameMapper: {
    "^(\\.{1,2}/.*)\\.js$": "$1",
    "^retrograd$": "<rootDir>/index.ts",
    "^retrograd/(.*)$": "<rootDir>/$1/index.ts",
  },
  // Machines that run the suite may be slow and shared.
  testTimeout: 60_000,
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/.stryker-tmp/"],
};
