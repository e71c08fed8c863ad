import { square } from "../../functions/index.js";
import { config, noGrad, testMode, usingConfig, variable } from "../../index.js";

test("settings hold inside and are put back, also when the function throws", () => {
  expect(usingConfig({ enableBackprop: false, train: false }, () => ({ ...config }))).toEqual({
    enableBackprop: false,
    train: false,
  });
  expect(config).toEqual({ enableBackprop: true, train: true });
  expect(() =>
    noGrad(() => {
      throw new Error("inside");
    }),
  ).toThrow("inside");
  expect(config).toEqual({ enableBackprop: true, train: true });
  expect(testMode(() => config.train)).toBe(false);
});

test("scopes nest", () => {
  const x = variable(2);
  const requires = noGrad(() => [square(x), usingConfig({ enableBackprop: true }, () => square(x)), square(x)]);
  expect(requires.map((y) => y.requiresGrad)).toEqual([false, true, false]);
});

test("unknown settings and asynchronous functions are refused and change nothing", () => {
  const bad = (settings: object) => () => usingConfig(settings, () => 0);
  expect(bad({ trian: true })).toThrow(
    "usingConfig: no setting trian: true; expected true or false for enableBackprop, train",
  );
  expect(bad({ train: 1 })).toThrow("usingConfig: no setting train: 1");
  expect(() => noGrad(async () => 0)).toThrow("expected a synchronous function");
  expect(config).toEqual({ enableBackprop: true, train: true });
});
