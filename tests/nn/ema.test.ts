import { array, randomNormal, seed, zeros } from "../../core/index.js";
import { BatchNorm1D, EMA, FullyConnected, Sequential } from "../../nn/index.js";
import { SGD } from "../../optim/index.js";

beforeEach(() => seed(37));

const model = () => new Sequential(new FullyConnected({ nOut: 2, nIn: 3, dtype: "float64" }));
const weight = (layer: Sequential) => layer.namedParameters()[0]![1];
const numbers = (x: { toTypedArray(): ArrayLike<number> }) => Array.from(x.toTypedArray());

/** Gives all parameters new values. */
function change(layer: Sequential): void {
  for (const parameter of layer.parameters()) parameter.data = randomNormal(parameter.shape, { dtype: "float64" });
}

/** Updates at five sets of parameters: the values of the weight at each. */
function run(layer: Sequential, ema: EMA): number[][] {
  return Array.from({ length: 5 }, () => {
    change(layer);
    ema.update();
    return numbers(weight(layer));
  });
}

/** The sum of `shares[k] * values[k]`. */
const weighted = (values: number[][], shares: number[]) =>
  values[0]!.map((_, i) => values.reduce((sum, value, k) => sum + shares[k]! * value[i]!, 0));

test("is the closed form: d^(n-1) p1 + (1 - d) sum of d^(n-k) pk", () => {
  const layer = model();
  const ema = new EMA(layer, { decay: 0.8 });
  const values = run(layer, ema);
  expect(ema.updates).toBe(5);
  const shares = [0.8 ** 4, 0.2 * 0.8 ** 3, 0.2 * 0.8 ** 2, 0.2 * 0.8, 0.2];
  const average = numbers(ema.stateDict()["0.W"]!);
  for (const [i, value] of weighted(values, shares).entries()) expect(average[i]).toBeCloseTo(value, 14);
});

test("warmup: the decay is (1 + n) / (10 + n) as long as that is less", () => {
  const layer = model();
  const ema = new EMA(layer, { decay: 0.25, warmup: true });
  const values = run(layer, ema);
  let expected = values[0]!;
  for (const [n, decay] of [2 / 11, 3 / 12, 0.25, 0.25].entries()) {
    expected = weighted([expected, values[n + 1]!], [decay, 1 - decay]);
  }
  const average = numbers(ema.stateDict()["0.W"]!);
  for (const [i, value] of expected.entries()) expect(average[i]).toBeCloseTo(value, 14);
});

test("the limits: decay 0 is the last value, decay 1 the first", () => {
  const layer = model();
  const [last, first] = [new EMA(layer, { decay: 0 }), new EMA(layer, { decay: 1 })];
  const values = run(layer, last);
  expect(numbers(last.stateDict()["0.W"]!)).toEqual(values[4]);
  run(layer, first);
  const kept = numbers(first.stateDict()["0.W"]!);
  change(layer);
  first.update();
  expect(numbers(first.stateDict()["0.W"]!)).toEqual(kept);
});

test("an optimizer that changes parameters where they lie does not change the averages", () => {
  const layer = model();
  const ema = new EMA(layer, { decay: 0.5 });
  ema.update();
  const average = numbers(ema.stateDict()["0.W"]!);
  const optimizer = new SGD(layer.parameters(), { lr: 1 });
  const step = () => {
    layer.forward(randomNormal([2, 3], { dtype: "float64" })).backward({
      gradient: array(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: "float64" },
      ),
    });
    optimizer.step();
  };
  step();
  expect(numbers(weight(layer))).not.toEqual(average);
  expect(numbers(ema.stateDict()["0.W"]!)).toEqual(average);
  ema.apply();
  step();
  ema.restore();
  expect(numbers(ema.stateDict()["0.W"]!)).toEqual(average);
});

test("apply and restore exchange the values, not the parameters", () => {
  const layer = model();
  const ema = new EMA(layer, { decay: 0.5 });
  run(layer, ema);
  const [parameter, array] = [weight(layer), weight(layer).data];
  const average = numbers(ema.stateDict()["0.W"]!);
  ema.apply();
  expect(weight(layer)).toBe(parameter);
  expect(numbers(parameter)).toEqual(average);
  ema.restore();
  expect(parameter.data).toBe(array);
  ema.apply();
  ema.restore();
});

test("withAverages puts the parameters back, whatever happens", async () => {
  const layer = model();
  const ema = new EMA(layer, { decay: 0.5 });
  run(layer, ema);
  const own = numbers(weight(layer));
  const average = numbers(ema.stateDict()["0.W"]!);
  const look = () => numbers(weight(layer));
  expect(ema.withAverages(look)).toEqual(average);
  expect(look()).toEqual(own);
  expect(() =>
    ema.withAverages(() => {
      throw new Error("inside");
    }),
  ).toThrow("inside");
  expect(look()).toEqual(own);
  const later = ema.withAverages(async () => {
    await Promise.resolve();
    return look();
  });
  expect(look()).toEqual(average);
  expect(await later).toEqual(average);
  expect(look()).toEqual(own);
  await expect(ema.withAverages(() => Promise.reject(new Error("late")))).rejects.toThrow("late");
  expect(look()).toEqual(own);
});

test("its stateDict makes another model the averaged one, buffers as they are in the model", () => {
  const make = () => new Sequential(new FullyConnected({ nOut: 2 }), new BatchNorm1D());
  const layer = make();
  layer.forward(randomNormal([4, 3]));
  const ema = new EMA(layer, { decay: 0.5 });
  ema.update();
  const other = make();
  other.loadStateDict(ema.stateDict());
  const x = randomNormal([2, 3]);
  expect(other.eval().forward(x).toArray()).toEqual(layer.eval().forward(x).toArray());
  layer.train().forward(randomNormal([4, 3], { dtype: "float32" }));
  expect(numbers(ema.stateDict()["1.runningMean"]!)).toEqual(numbers(layer.stateDict()["1.runningMean"]!));
  expect(ema.stateDict()["0.W"]!.dtype).toBe("float32");
});

test("goes on from its state as if nothing had been", () => {
  const layer = model();
  const options = { decay: 0.9, warmup: true };
  const ema = new EMA(layer, options);
  const fresh = ema.state();
  run(layer, ema);
  const state = ema.state();
  const other = new EMA(layer, options);
  other.loadState(state);
  state.averages["0.W"]!.assign(zeros([1], { dtype: "float64" }));
  for (const average of [ema, other]) average.update();
  expect(other.updates).toBe(6);
  expect(numbers(other.stateDict()["0.W"]!)).toEqual(numbers(ema.stateDict()["0.W"]!));
  ema.loadState(fresh);
  expect([ema.updates, fresh.averages]).toEqual([0, {}]);
  ema.update();
  expect(numbers(ema.stateDict()["0.W"]!)).toEqual(numbers(weight(layer)));
});

test("errors change nothing", () => {
  const layer = model();
  const ema = new EMA(layer, { decay: 0.5 });
  const refused: [() => unknown, string][] = [
    [() => new EMA(3 as never), "EMA: the first argument is 3; expected a Layer"],
    [() => new EMA(layer, { decay: 1.1 }), "EMA: decay is 1.1; expected a number from 0 to 1"],
    [() => new EMA(layer, { decay: Number.NaN }), "EMA: decay is NaN"],
    [() => new EMA(layer, { warmup: 10 as never }), "EMA: warmup is 10; expected true or false"],
    [() => new EMA(layer, { beta: 0.9 } as never), "EMA: unknown option beta; expected some of decay, warmup"],
    [() => ema.apply(), "EMA: there are no averages to apply; expected update() before"],
    [() => ema.restore(), "EMA: nothing to restore; expected apply() before"],
    [() => ema.stateDict(), "EMA: there are no averages to stateDict"],
    [
      () => new EMA(new FullyConnected({ nOut: 1 })).update(),
      "EMA: W, b have no data yet; expected a forward before update()",
    ],
  ];
  for (const [call, message] of refused) expect(call).toThrow(message);
  run(layer, ema);
  const state = ema.state();
  const { "0.b": b, ...rest } = state.averages;
  const more: [() => unknown, string][] = [
    [() => ema.loadState(null as never), "EMA.loadState: expected an object"],
    [() => ema.loadState({ ...state, updates: -1 }), "EMA.loadState: updates is -1"],
    [
      () => ema.loadState({ ...state, averages: 3 as never }),
      "EMA.loadState: averages is 3; expected NDArrays by name",
    ],
    [
      () => ema.loadState({ updates: 2, averages: { ...rest, "0.c": b!, "0.W": zeros([2, 2]) } }),
      "EMA.loadState: the state does not fit; nothing was changed:\n  0.c is unexpected\n  0.W has shape (2, 2); expected (3, 2)\n  0.b is undefined; expected an NDArray",
    ],
    [() => ema.loadState({ updates: 0, averages: rest }), "0.W is unexpected"],
  ];
  for (const [call, message] of more) expect(call).toThrow(message);
  expect(ema.updates).toBe(5);
  expect(numbers(ema.stateDict()["0.W"]!)).toEqual(numbers(state.averages["0.W"]!));
  ema.apply();
  for (const [call, message] of [
    [() => ema.apply(), "EMA: the averages are applied already; expected restore() before"],
    [() => ema.update(), "EMA: update while the averages are applied; expected restore() before"],
    [() => ema.loadState(state), "EMA.loadState: the averages are applied; expected restore() before"],
  ] as const) {
    expect(call).toThrow(message);
  }
});

test("a parameter that is new in the model starts with what it is", () => {
  const layers = [new FullyConnected({ nOut: 2, nIn: 2 })];
  const layer = new Sequential(...layers);
  const ema = new EMA(layer, { decay: 0.5 });
  ema.update();
  (layer.layers as FullyConnected[]).push(new FullyConnected({ nOut: 2, nIn: 2 }));
  expect(() => ema.apply()).toThrow("EMA: apply: 1.W is newer than the last update; expected update() before");
  ema.update();
  expect(numbers(ema.stateDict()["1.W"]!)).toEqual(numbers(layer.namedParameters()[2]![1]));
});
