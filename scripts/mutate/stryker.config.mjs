/**
 * What is the same for all runs of `npm run mutate`; which mutants there are to be, `scripts/mutate.mjs` adds.
 * @type {import("@stryker-mutator/api/core").PartialStrykerOptions}
 */
export default {
  testRunner: "jest",
  jest: { configFile: "tests/mutation/jest.config.mjs", enableFindRelatedTests: false },
  plugins: ["@stryker-mutator/jest-runner", "./scripts/mutate/plugins.mjs"],
  ignorers: ["others"],
  reporters: ["results"],
  coverageAnalysis: "perTest",
  ignorePatterns: ["/dist", "/site", "/docs", "/bench", "/examples", "/plots", "/nn/**/*.json"],
  // The types are checked elsewhere, and ts-jest checks none.
  disableTypeChecks: false,
  dryRunTimeoutMinutes: 30,
  // A mutant that never ends costs this and the time that its tests take.
  timeoutMS: 10_000,
  timeoutFactor: 2,
  // What a mutant leaves in a process (memory above all) goes with it.
  maxTestRunnerReuse: 25,
  allowConsoleColors: false,
  warnings: { slow: false },
};
