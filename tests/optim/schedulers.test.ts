import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ArgumentError } from "../../core/errors.js";
import {
  ChainedScheduler,
  ConstantScheduler,
  CosineAnnealingScheduler,
  ExponentialScheduler,
  gaussianCdf,
  KingScheduler,
  LinearWarmupScheduler,
  MultiStepScheduler,
  NoamScheduler,
  OneCycleScheduler,
  ReduceOnPlateauScheduler,
  registerScheduler,
  resolveScheduler,
  Scheduler,
  type SchedulerConfig,
  type SchedulerSpec,
  SequentialScheduler,
  StepScheduler,
} from "../../optim/schedulers/index.js";

interface Case {
  label: string;
  config: SchedulerConfig;
  rates: number[];
  losses?: number[];
}

const golden: Case[] = JSON.parse(readFileSync(join(__dirname, "../golden/schedulers.json"), "utf8"));

/** The rates of `scheduler` at the steps from `first` on of a case. */
function ratesOf(scheduler: Scheduler, { rates, losses }: Case, first = 1, last = rates.length): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => scheduler.rate(first + i, losses?.[first + i - 1]));
}

describe.each(golden.map((c) => [c.label, c] as const))("%s", (_, c) => {
  test("has the rates of PyTorch or of its formula", () => {
    const rates = ratesOf(resolveScheduler(c.config), c);
    const wrong = rates.flatMap((rate, i) =>
      Math.abs(rate - c.rates[i]!) <= 1e-12 * Math.max(Math.abs(c.rates[i]!), 1e-3) ? [] : [[i + 1, rate, c.rates[i]]],
    );
    expect(wrong).toEqual([]);
    expect(rates.length).toBeGreaterThan(4);
  });

  test("gives the same rate however often it is asked for a step", () => {
    const once = ratesOf(resolveScheduler(c.config), c);
    const scheduler = resolveScheduler(c.config);
    const thrice = once.flatMap((_, i) => [0, 1, 2].map(() => scheduler.rate(i + 1, c.losses?.[i])));
    expect(thrice).toEqual(once.flatMap((rate) => [rate, rate, rate]));
  });

  test("comes back from its config in JSON and from its text", () => {
    const scheduler = resolveScheduler(c.config);
    expect(scheduler.config()).toEqual(c.config);
    const expected = ratesOf(scheduler, c);
    for (const spec of [JSON.parse(JSON.stringify(scheduler.config())), String(scheduler)] as SchedulerSpec[]) {
      const rebuilt = resolveScheduler(spec);
      expect(rebuilt.constructor).toBe(scheduler.constructor);
      expect(rebuilt.config()).toEqual(c.config);
      expect(ratesOf(rebuilt, c)).toEqual(expected);
    }
  });

  test("goes on from its state in JSON at any step", () => {
    const expected = ratesOf(resolveScheduler(c.config), c);
    for (const half of [1, Math.floor(c.rates.length / 2), c.rates.length - 1]) {
      const scheduler = resolveScheduler(c.config);
      ratesOf(scheduler, c, 1, half);
      const resumed = resolveScheduler(c.config);
      resumed.loadState(JSON.parse(JSON.stringify(scheduler.state())));
      expect(resumed.state()).toEqual(scheduler.state());
      expect(ratesOf(resumed, c, half + 1)).toEqual(expected.slice(half));
    }
  });

  test("says whether it needs the loss", () => {
    const scheduler = resolveScheduler(c.config);
    expect(scheduler.needsLoss).toBe(c.losses !== undefined);
    if (c.losses === undefined) return;
    for (const loss of [undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => scheduler.rate(1, loss)).toThrow(
        new ArgumentError(
          `${c.config.scheduler}: the loss of step 1 is ${loss}; expected a finite number, as it decides on the rate`,
        ),
      );
    }
    expect(ratesOf(scheduler, c)).toEqual(ratesOf(resolveScheduler(c.config), c));
  });
});

test("every scheduler is compared with its reference", () => {
  const compared = new Set(golden.map(({ config }) => config.scheduler));
  const all = Object.keys(jest.requireActual("../../optim/schedulers/index.js") as object);
  expect(all.filter((name) => /^[A-Z]\w+Scheduler$/.test(name) && !compared.has(name))).toEqual([]);
});

describe("resolveScheduler", () => {
  test.each<[SchedulerSpec, Scheduler]>([
    [0.2, new ConstantScheduler({ lr: 0.2 })],
    ["constant", new ConstantScheduler()],
    ["noam", new NoamScheduler()],
    ["NoamScheduler(model_dim=64, warmup_steps=10)", new NoamScheduler({ modelDim: 64, warmupSteps: 10 })],
    [
      "exponential(initial_lr=1.0, stage_length=10, staircase=True)",
      new ExponentialScheduler({ initialLr: 1, stageLength: 10, staircase: true }),
    ],
    ["king(patience=20)", new KingScheduler({ patience: 20 })],
    ["step(stepSize=3)", new StepScheduler({ stepSize: 3 })],
    ["multi_step(milestones=[1, 3])", new MultiStepScheduler({ milestones: [1, 3] })],
    ["reduceOnPlateau(mode=max)", new ReduceOnPlateauScheduler({ mode: "max" })],
    [
      "oneCycle(totalSteps=5, annealStrategy='linear')",
      new OneCycleScheduler({ totalSteps: 5, annealStrategy: "linear" }),
    ],
    ["linear warmup(warmupSteps=5)", new LinearWarmupScheduler({ warmupSteps: 5 })],
    ["cosineAnnealing(steps=7, restarts=true)", new CosineAnnealingScheduler({ steps: 7, restarts: true })],
    [{ name: "step", stepSize: 3 }, new StepScheduler({ stepSize: 3 })],
    [{ scheduler: "StepScheduler", hyperparameters: { stepSize: 3 } }, new StepScheduler({ stepSize: 3 })],
    [
      "chained(schedulers=[linearWarmup(warmupSteps=2), step(stepSize=3)])",
      new ChainedScheduler({
        schedulers: [new LinearWarmupScheduler({ warmupSteps: 2, maxLr: 1 }), "step(stepSize=3, initialLr=1)"],
      }),
    ],
  ])("reads %j", (spec, expected) => {
    expect(resolveScheduler(spec).config()).toEqual(expected.config());
  });

  test("takes a Scheduler as it is", () => {
    const scheduler = new NoamScheduler();
    expect(resolveScheduler(scheduler, 0.5)).toBe(scheduler);
  });

  test.each<[string, number]>([
    ["constant", 0.25],
    ["exponential(stageLength=1)", 0.025],
    ["king", 0.25],
    ["step(stepSize=3)", 0.25],
    ["step(stepSize=3, initialLr=4)", 4],
    ["multiStep(milestones=[3])", 0.25],
    ["reduceOnPlateau", 0.25],
    ["cosineAnnealing(steps=3)", 0.25],
    ["linearWarmup(warmupSteps=2)", 0.125],
    ["oneCycle(totalSteps=100)", 0.01],
    ["chained(schedulers=[constant])", 0.25],
    ["sequential(schedulers=[constant, step(stepSize=3)], milestones=[3])", 0.25],
    ["noam(modelDim=1, warmupSteps=1)", 1],
  ])("gives %s the learning rate where it says none", (spec, first) => {
    expect(resolveScheduler(spec, 0.25).rate(1, 1)).toBeCloseTo(first, 14);
  });

  test.each<[unknown, string]>([
    [
      "warm",
      'resolveScheduler is "warm"; expected a learning rate, a Scheduler or one of ChainedScheduler, ConstantScheduler',
    ],
    [null, "resolveScheduler is null; expected a learning rate, a Scheduler or one of"],
    [{ scheduler: "Noam", hyperparameters: { width: 3 } }, "resolveScheduler NoamScheduler: unknown argument width"],
    [
      "noam(warmup=3)",
      "resolveScheduler NoamScheduler: unknown argument warmup; expected modelDim, scaleFactor, warmupSteps",
    ],
    ["noam(", 'resolveScheduler is "noam("'],
    [-0.1, "ConstantScheduler: lr is -0.1; expected a finite number of at least 0"],
    [Number.NaN, "ConstantScheduler: lr is NaN; expected a finite number of at least 0"],
    ["constructor", 'resolveScheduler is "constructor"'],
    [{ name: "__proto__" }, 'resolveScheduler is "__proto__"'],
  ])("refuses %j", (spec, message) => {
    expect(() => resolveScheduler(spec as never)).toThrow(ArgumentError);
    expect(() => resolveScheduler(spec as never)).toThrow(message);
  });

  test("says what it is for", () => {
    expect(() => resolveScheduler("warm", 0.1, "SGD: lrScheduler")).toThrow(
      'SGD: lrScheduler is "warm"; expected a learning',
    );
  });
});

test.each<[string, () => unknown, string]>([
  [
    "step 0",
    () => new NoamScheduler().rate(0),
    "NoamScheduler: step is 0; expected a whole number of at least 1, the first step",
  ],
  ["half a step", () => new NoamScheduler().rate(1.5), "NoamScheduler: step is 1.5; expected a whole number"],
  [
    "an unknown option",
    () => new NoamScheduler({ dim: 3 } as never),
    "NoamScheduler: unknown option dim; expected some of modelDim, scaleFactor, warmupSteps",
  ],
  [
    "a rate below 0",
    () => new ExponentialScheduler({ initialLr: -1 }),
    "ExponentialScheduler: initialLr is -1; expected a finite number of at least 0",
  ],
  [
    "no decay",
    () => new ExponentialScheduler({ decay: 0 }),
    "ExponentialScheduler: decay is 0; expected a finite number above 0",
  ],
  [
    "a stage of no steps",
    () => new ExponentialScheduler({ stageLength: 0 }),
    "ExponentialScheduler: stageLength is 0; expected a whole number of at least 1",
  ],
  [
    "a scale of 0",
    () => new NoamScheduler({ scaleFactor: 0 }),
    "NoamScheduler: scaleFactor is 0; expected a finite number above 0",
  ],
  [
    "too little patience",
    () => new KingScheduler({ patience: 1 }),
    "KingScheduler: patience is 1; expected a whole number of at least 2",
  ],
  [
    "growth instead of decay",
    () => new KingScheduler({ decay: 1.1 }),
    "KingScheduler: decay is 1.1; expected a number from 0 to 1",
  ],
  [
    "no step size",
    () => new StepScheduler({} as never),
    "StepScheduler: stepSize is undefined; expected a whole number of at least 1",
  ],
  [
    "milestones that descend",
    () => new MultiStepScheduler({ milestones: [3, 2] }),
    "MultiStepScheduler: milestones is [3, 2]; expected whole numbers of at least 0, ascending",
  ],
  [
    "milestones that are none",
    () => new MultiStepScheduler({ milestones: 3 as never }),
    "MultiStepScheduler: milestones is 3; expected whole numbers",
  ],
  [
    "a lowest rate above the highest",
    () => new CosineAnnealingScheduler({ steps: 2, maxLr: 0.1, minLr: 0.2 }),
    "CosineAnnealingScheduler: minLr is 0.2; expected at most maxLr, 0.1",
  ],
  [
    "periods without restarts",
    () => new CosineAnnealingScheduler({ steps: 2, periodFactor: 2 }),
    "CosineAnnealingScheduler: periodFactor is 2 without restarts; expected restarts: true",
  ],
  [
    "a step beyond the cycle",
    () => new OneCycleScheduler({ totalSteps: 3 }).rate(4),
    "OneCycleScheduler: step 4 is beyond the cycle; expected at most 3, or a larger totalSteps",
  ],
  [
    "three phases of which two take it all",
    () => new OneCycleScheduler({ totalSteps: 3, threePhase: true, pctStart: 0.6 }),
    "OneCycleScheduler: pctStart is 0.6; expected a number from 0 to 0.5",
  ],
  [
    "an unknown strategy",
    () => new OneCycleScheduler({ totalSteps: 3, annealStrategy: "cosine" as never }),
    'OneCycleScheduler: annealStrategy is "cosine"; expected "cos" or "linear"',
  ],
  [
    "a factor that does not reduce",
    () => new ReduceOnPlateauScheduler({ factor: 1 }),
    "ReduceOnPlateauScheduler: factor is 1; expected a number of at least 0 and below 1",
  ],
  [
    "a warm-up that starts too high",
    () => new LinearWarmupScheduler({ warmupSteps: 2, startFactor: 2 }),
    "LinearWarmupScheduler: startFactor is 2; expected a number from 0 to 1",
  ],
  [
    "no schedulers",
    () => new ChainedScheduler({ schedulers: [] }),
    "ChainedScheduler: schedulers is []; expected an array of at least one",
  ],
  [
    "an unknown one among schedulers",
    () => new ChainedScheduler({ schedulers: ["noam", "none"] }),
    'ChainedScheduler: schedulers[1] is "none"; expected a learning rate, a Scheduler or one of',
  ],
  [
    "milestones that are too few",
    () => new SequentialScheduler({ schedulers: [1, 2, 3], milestones: [1] }),
    "SequentialScheduler: there are 1 milestones and 3 schedulers; expected one milestone less",
  ],
  [
    "a name that is taken",
    () => registerScheduler("Noam", StepScheduler),
    "registerScheduler: another class is registered as NoamScheduler; expected a name of its own",
  ],
  ["a name that is none", () => registerScheduler("3", StepScheduler), "registerScheduler: 3 is no name"],
])("refuses %s", (_, run, message) => {
  expect(run).toThrow(ArgumentError);
  expect(run).toThrow(message);
});

test("an object cannot be in a combination twice", () => {
  const scheduler = new KingScheduler();
  expect(() => new ChainedScheduler({ schedulers: [scheduler, scheduler] })).toThrow(
    "ChainedScheduler: schedulers[1] is an object that is there already; expected each once",
  );
});

describe("the state", () => {
  test("of another scheduler is refused, and changes nothing", () => {
    const king = new KingScheduler({ patience: 2 });
    king.rate(1, 3);
    const before = king.state();
    expect(before).toEqual({ step: 1, lr: 0.01, losses: [3] });
    for (const [state, problem] of [
      [{}, "step is missing, lr is missing, losses is missing"],
      [{ ...before, best: 1 }, "best is unexpected"],
      [{ ...before, lr: -1 }, "lr is -1"],
      [{ ...before, losses: [1, "2"] }, 'losses is [1, "2"]'],
      [{ ...before, losses: [1, 2, 3, 4, 5] }, "losses is [1, 2, 3, 4, 5]"],
    ] as const) {
      expect(() => king.loadState(state as never)).toThrow(
        new ArgumentError(`KingScheduler: the state does not fit: ${problem}; expected what state() gave`),
      );
      expect(king.state()).toEqual(before);
    }
    expect(() => new NoamScheduler().loadState(before)).toThrow(
      "NoamScheduler: the state does not fit: step is unexpected",
    );
    expect(() => king.loadState(null as never)).toThrow("KingScheduler: the state is null; expected what state() gave");
  });

  test("of a combination is taken as a whole or not at all", () => {
    const chained = new ChainedScheduler({ schedulers: ["king(patience=2)", "reduceOnPlateau"] });
    chained.rate(1, 3);
    const before = chained.state();
    const [king] = before.schedulers as never[];
    expect(() => chained.loadState({ schedulers: [{ ...(king as object), lr: 5 }, {}] })).toThrow(
      "ReduceOnPlateauScheduler: the state does not fit",
    );
    expect(chained.state()).toEqual(before);
    expect(() => chained.loadState({ schedulers: [king!] })).toThrow("ChainedScheduler: the state does not fit");
  });

  test("is a copy", () => {
    const king = new KingScheduler();
    king.rate(1, 3);
    (king.state().losses as number[]).push(4);
    expect(king.state().losses).toEqual([3]);
  });
});

test("steps that go back are refused by those that watch the loss", () => {
  const king = new KingScheduler();
  king.rate(5, 1);
  expect(() => king.rate(4, 1)).toThrow("KingScheduler: step 4 comes after step 5; expected that one or a later one");
  expect(king.state().losses).toEqual([1]);
});

test("the loss of a step counts once", () => {
  const king = new KingScheduler();
  king.rate(1, 1);
  king.rate(1, 2);
  king.rate(2, 3);
  expect(king.state().losses).toEqual([1, 3]);
});

test("KingScheduler keeps its history after a drop", () => {
  const king = new KingScheduler({ initialLr: 1, patience: 4, decay: 0.5 });
  const rates = Array.from({ length: 9 }, (_, i) => king.rate(i + 1, 2));
  expect(rates).toEqual([1, 1, 1, 1, 1, 0.5, 0.25, 0.125, 0.0625]);
});

test("KingScheduler decides once it has 1.1 times the losses it waits for, and not one later", () => {
  const king = new KingScheduler({ initialLr: 1, patience: 109, decay: 0.5 });
  const rates = Array.from({ length: 121 }, (_, i) => king.rate(i + 1, 2));
  expect(rates.slice(-2)).toEqual([1, 0.5]);
});

test("KingScheduler is not misled by a few large losses", () => {
  const spiked = Array.from({ length: 44 }, (_, i) => (i > 37 && i < 42 ? 1e6 : 1 / (i + 1)));
  const king = new KingScheduler({ initialLr: 1, patience: 39 });
  spiked.forEach((loss, i) => {
    expect(king.rate(i + 1, loss)).toBe(1);
  });
});

test("a sequence tells each of its schedulers only the losses of its steps", () => {
  const sequence = new SequentialScheduler({ schedulers: ["king", 0.5, "king"], milestones: [2, 3] });
  [1, 2, 3, 4, 5].forEach((loss, i) => {
    sequence.rate(i + 1, loss);
  });
  expect((sequence.state().schedulers as { losses?: number[] }[]).map(({ losses }) => losses)).toEqual([
    [1, 2],
    undefined,
    [4, 5],
  ]);
});

test("a scheduler of the user's, once registered", () => {
  class Halving extends Scheduler {
    static readonly options = ["start"];
    static readonly rateOption = "start";
    constructor(private readonly settings: { start: number }) {
      super();
    }
    override hyperparameters() {
      return { ...this.settings };
    }
    protected override at(step: number) {
      return this.settings.start / step;
    }
  }
  const scheduler = new Halving({ start: 3 });
  expect(() => scheduler.config()).toThrow(
    'config: Halving is not registered; expected registerScheduler("Halving", Halving) before',
  );
  registerScheduler("Halving", Halving);
  registerScheduler("Halving", Halving);
  expect(String(scheduler)).toBe("Halving(start=3)");
  expect(resolveScheduler("halving", 8).rate(4)).toBe(2);
});

test.each([
  [0, 0, 1, 0.5],
  [1.96, 0, 1, 0.975002104851779],
  [1, 3, 4, 0.158655253931457],
  [0, 0, 0, 0.5],
  [0, 1, 0, 0],
  [0, -1, 0, 1],
])("gaussianCdf(%d, %d, %d) is %d", (x, mean, variance, expected) => {
  expect(gaussianCdf(x, mean, variance)).toBeCloseTo(expected, 12);
});
