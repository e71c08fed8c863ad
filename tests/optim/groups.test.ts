import { array, constant, Parameter } from "../../core/index.js";
import { Adam, ConstantScheduler, NoamScheduler, ReduceOnPlateauScheduler, SGD } from "../../optim/index.js";

const one = (name: string | null = null) => new Parameter(array([1], { dtype: "float64" }), name);
const give = (parameter: Parameter, gradient: number) => {
  parameter.grad = constant([gradient], { dtype: "float64" });
};

test("groups have their own settings, and those of the optimizer for the rest", () => {
  const [a, b, c] = [one(), one(), one()];
  const optimizer = new SGD(
    [{ params: [a] }, { params: new Set([b]), lr: 0.25, weightDecay: 0.5 }, { params: [c], momentum: 0.5 }],
    {
      lr: 0.5,
    },
  );
  expect(optimizer.parameters).toEqual([a, b, c]);
  expect(optimizer.groups.map(({ lr, momentum, weightDecay }) => [lr, momentum, weightDecay])).toEqual([
    [0.5, 0, 0],
    [0.25, 0, 0.5],
    [0.5, 0.5, 0],
  ]);
  for (let step = 0; step < 2; step++) {
    for (const parameter of [a, b, c]) give(parameter, 1);
    optimizer.step();
  }
  // b: 1 - 0.25 * 1.5, then that - 0.25 * (1 + half of it); c: v = 0.5, then 0.75.
  expect([a, b, c].map((p) => p.data.item())).toEqual([0, 0.625 - 0.25 * 1.3125, 1 - 0.5 - 0.75]);
});

test("settings of a group can be changed between steps, and are checked", () => {
  const parameter = one();
  const optimizer = new SGD([parameter], { lr: 0.5 });
  const group = optimizer.groups[0]!;
  group.lr = 0.25;
  group.weightDecay = 1;
  give(parameter, 1);
  optimizer.step();
  expect(parameter.data.item()).toBe(0.5);
  expect(() => {
    group.momentum = 2;
  }).toThrow("SGD: momentum is 2; expected a number in [0, 1)");
  expect(() => {
    group.nesterov = true;
  }).toThrow("SGD: nesterov with momentum 0 and dampening 0");
  expect(() => {
    group.lr = Number.NaN;
  }).toThrow("SGD: lr is NaN; expected a finite number of at least 0");
  expect(() => {
    (group as unknown as Record<string, number>).momentun = 0.9;
  }).toThrow(TypeError);
  expect([group.lr, group.momentum, group.nesterov, group.weightDecay]).toEqual([0.25, 0, false, 1]);
  expect(Object.keys(group)).toContain("momentum");
});

test("momentum that is switched on begins with the next gradient", () => {
  const parameter = one();
  const optimizer = new SGD([parameter], { lr: 1, dampening: 0.5, rateIn: "step" });
  give(parameter, 1);
  optimizer.step();
  optimizer.groups[0]!.momentum = 0.5;
  optimizer.step();
  optimizer.step();
  // v = 1, then 0.5 + 0.5.
  expect(parameter.data.item()).toBe(1 - 1 - 1 - 1);
});

test("addGroup", () => {
  const [a, b] = [one("a"), one("b")];
  const optimizer = new Adam([a], { lr: 0.5, beta1: 0.5 });
  optimizer.addGroup({ params: [b], lr: 0.25 });
  expect(optimizer.groups.map(({ lr, beta1 }) => [lr, beta1])).toEqual([
    [0.5, 0.5],
    [0.25, 0.5],
  ]);
  for (const [bad, message] of [
    [{ params: [one(), b] }, "Adam: parameter 1 of group 2 (b) is parameter 0 of group 1 again; expected each once"],
    [{ params: [] }, "Adam: group 2: there are no parameters; expected at least one"],
    [{ params: [one()], lr: -1 }, "Adam: group 2: lr is -1; expected a finite number of at least 0"],
    [{ params: [one()], accumulate: 2 }, "Adam: group 2: unknown option accumulate; expected some of lr, beta1"],
    [[one()], "Adam: group 2 is [a Parameter]; expected { params, lr, ... }"],
  ] as const) {
    expect(() => optimizer.addGroup(bad as never)).toThrow(message);
    expect(optimizer.groups.length).toBe(2);
  }
  optimizer.lr = 0.125;
  optimizer.addGroup({ params: [one()] });
  expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.125, 0.125, 0.125]);
});

describe("errors", () => {
  const p = one("W");
  test.each<[unknown, object, string]>([
    [
      [{ params: [p] }, { params: [p] }],
      {},
      "SGD: parameter 0 of group 1 (W) is parameter 0 of group 0 again; expected each once",
    ],
    [[{ params: [p, p] }], {}, "SGD: group 0: parameter 1 (W) is parameter 0 again; expected each once"],
    [[{ params: [p] }, one()], {}, "SGD: 1 is a Parameter among groups; expected groups, { params, lr, ... }, alone"],
    [[{ params: p }], {}, "SGD: group 0: expected params in an iterable, such as model.parameters(), got object"],
    [[{ params: [p], momentum: 1 }], {}, "SGD: momentum is 1; expected a number in [0, 1)"],
    [
      [{ params: [p] }, { params: [one()], lr: "1" }],
      {},
      'SGD: group 1: lr is "1"; expected a finite number of at least 0',
    ],
    [[{ params: [p], nesterov: true }], {}, "SGD: nesterov with momentum 0 and dampening 0"],
    [
      [p],
      { lr: 1, lrScheduler: new NoamScheduler() },
      "SGD: both lr and lrScheduler, a NoamScheduler, are given; expected one of them",
    ],
    [[p], { lrScheduler: "noaml" }, 'SGD: lrScheduler is "noaml"; expected a learning rate, a Scheduler or one of '],
    [[p], { lrScheduler: "noam(width=3)" }, "SGD: lrScheduler NoamScheduler: unknown argument width"],
  ])("%#", (parameters, options, message) => {
    expect(() => new SGD(parameters as never, options)).toThrow(message);
  });
});

describe("schedulers", () => {
  test("are asked once a step, however many parameters there are", () => {
    class Asked extends ConstantScheduler {
      readonly asked: [number, number | undefined][] = [];
      protected override at(step?: number, loss?: number): number {
        this.asked.push([step!, loss]);
        return 1 / step!;
      }
    }
    const scheduler = new Asked();
    const [a, b] = [one(), one()];
    const optimizer = new SGD([a, b], { lrScheduler: scheduler });
    for (const gradient of [1, 2]) {
      give(a, gradient);
      give(b, gradient);
      optimizer.step(gradient * 10);
    }
    expect(scheduler.asked).toEqual([
      [1, 10],
      [2, 20],
    ]);
    expect([a, b].map((p) => p.data.item())).toEqual([-1, -1]);
    expect(optimizer.lr).toBe(0.5);
    optimizer.step(constant([7]));
    expect(scheduler.asked[2]).toEqual([3, 7]);
  });

  test("by name and config, with the optimizer's rate where they do not say one; a group's rate goes before", () => {
    const [a, b, c] = [one(), one(), one()];
    const optimizer = new SGD(
      [{ params: [a] }, { params: [b], lr: 0.125 }, { params: [c], lrScheduler: { name: "constant", lr: 0.25 } }],
      { lr: 0.5, lrScheduler: "exponential(stage_length=1, decay=0.5)" },
    );
    optimizer.step();
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.25, 0.125, 0.25]);
    optimizer.groups[0]!.lr = 1;
    optimizer.groups[1]!.lrScheduler = "exponential(stageLength=1, decay=0.5)";
    optimizer.step();
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([1, 0.125 * 0.25, 0.25]);
    expect(optimizer.groups.map(({ lrScheduler }) => lrScheduler === null)).toEqual([true, false, false]);
    optimizer.lr = 2;
    optimizer.step();
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([2, 2, 2]);
  });

  test("a loss that is missing, or is none, changes nothing", () => {
    const parameter = one();
    const optimizer = new SGD([parameter], { lrScheduler: new ReduceOnPlateauScheduler({ initialLr: 0.5 }) });
    give(parameter, 1);
    expect(() => optimizer.step()).toThrow("ReduceOnPlateauScheduler: the loss of step 1 is undefined");
    expect(() => optimizer.step(Number.NaN)).toThrow("ReduceOnPlateauScheduler: the loss of step 1 is NaN");
    expect(() => optimizer.step("1" as never)).toThrow(
      'SGD.step: the loss is "1"; expected a number or a Variable of one element',
    );
    expect(() => optimizer.step(constant([1, 2]))).toThrow("item: expected exactly one element");
    expect([parameter.data.item(), optimizer.steps]).toEqual([1, 0]);
    optimizer.step(3);
    expect([parameter.data.item(), optimizer.steps]).toEqual([0.5, 1]);
  });

  test("a rate that is none is refused", () => {
    class Wrong extends ConstantScheduler {
      protected override at(): number {
        return Number.NaN;
      }
    }
    const parameter = one();
    const optimizer = new SGD([parameter], { lrScheduler: new Wrong() });
    give(parameter, 1);
    expect(() => optimizer.step()).toThrow(
      "SGD: the rate of Wrong at step 1 is NaN; expected a finite number of at least 0",
    );
    expect([parameter.data.item(), optimizer.steps]).toEqual([1, 0]);
  });
});

describe("accumulate", () => {
  test("every second step changes the parameters, by the mean, and zeroGrad waits for it", () => {
    const parameter = one();
    const optimizer = new SGD([parameter], { lr: 1, accumulate: 2 });
    const values: number[] = [];
    for (const gradient of [1, 2, 3, 5]) {
      optimizer.zeroGrad();
      const former = parameter.grad?.item() ?? 0;
      give(parameter, former + gradient);
      optimizer.step();
      values.push(parameter.data.item());
    }
    expect(values).toEqual([1, -0.5, -0.5, -4.5]);
    expect(optimizer.steps).toBe(2);
  });
});
