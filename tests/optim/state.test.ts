import { array, constant, NDArray, Parameter, randomNormal, seed } from "../../core/index.js";
import { LazyParameter } from "../../nn/state.js";
import { AdaGrad, Adam, KingScheduler, NAdam, type Optimizer, SGD } from "../../optim/index.js";

beforeEach(() => seed(11));

const fresh = (...shape: number[]) => new Parameter(randomNormal(shape));
const valuesOf = (optimizer: Optimizer) => optimizer.parameters.map((p) => p.data.toArray());

/** Gives all parameters gradients that the step alone decides, and steps. */
function run(optimizer: Optimizer, from: number, to: number, loss?: (step: number) => number): void {
  for (let step = from; step <= to; step++) {
    seed(1000 + step);
    optimizer.zeroGrad();
    for (const parameter of optimizer.parameters) {
      const former = parameter.peekGrad();
      const drawn = randomNormal(parameter.shape);
      parameter.grad = constant(former === null ? drawn : addTo(drawn, former.data));
    }
    optimizer.step(loss?.(step));
  }
}

function addTo(a: NDArray, b: NDArray): NDArray {
  const [x, y] = [a.toTypedArray(), b.toTypedArray()];
  return array(Float32Array.from(x, (value, i) => value + y[i]!)).reshape(a.shape);
}

const text = (state: unknown) =>
  JSON.stringify(state, (_, value) => (value instanceof NDArray ? value.toArray() : value));

/** The same values in new parameters. */
const again = (parameters: readonly Parameter[]) => parameters.map((p) => new Parameter(p.data.copy(), p.name));

describe("resuming", () => {
  test("after a state was taken, what follows does not change it, nor does it change what it came from", () => {
    const optimizer = new Adam([fresh(3, 2)]);
    run(optimizer, 1, 3);
    const state = optimizer.state();
    const before = text(state);
    run(optimizer, 4, 6);
    expect(text(state)).toBe(before);
    const other = new Adam(again(optimizer.parameters));
    other.loadState(state);
    run(other, 4, 6);
    expect(text(state)).toBe(before);
    expect(state.steps).toBe(3);
    expect(other.steps).toBe(6);
  });

  test("settings that were changed come back, of groups and of the whole", () => {
    const make = (parameters: Parameter[], clipGlobalNorm: number | null) =>
      new SGD([{ params: [parameters[0]!] }, { params: [parameters[1]!], momentum: 0.5 }], { lr: 0.1, clipGlobalNorm });
    const optimizer = make([fresh(4), fresh(50)], 0.5);
    optimizer.groups[0]!.lr = 0.03;
    optimizer.groups[1]!.nesterov = true;
    run(optimizer, 1, 3);
    const other = make(again(optimizer.parameters), null);
    other.loadState(optimizer.state());
    expect(other.groups.map(({ lr, nesterov }) => [lr, nesterov])).toEqual([
      [0.03, false],
      [0.1, true],
    ]);
    run(optimizer, 4, 6);
    run(other, 4, 6);
    expect(valuesOf(other)).toEqual(valuesOf(optimizer));
  });

  test("schedulers, also in a copy, which has its own", () => {
    const loss = (step: number) => 3 + Math.sin(step) + (step % 3);
    const make = (parameters: Parameter[]) =>
      new NAdam(parameters, { lrScheduler: new KingScheduler({ initialLr: 0.1, patience: 4, decay: 0.5 }) });
    const optimizer = make([fresh(3)]);
    run(optimizer, 1, 12, loss);
    const other = make(again(optimizer.parameters));
    other.loadState(optimizer.state());
    const copy = optimizer.copy(again(optimizer.parameters));
    expect(copy).toBeInstanceOf(NAdam);
    expect(copy.groups[0]!.lrScheduler).not.toBe(optimizer.groups[0]!.lrScheduler);
    for (const each of [optimizer, other, copy]) run(each, 13, 40, loss);
    expect(optimizer.lr).toBeLessThan(0.1);
    expect([other.lr, copy.lr]).toEqual([optimizer.lr, optimizer.lr]);
    for (const each of [other, copy]) expect(valuesOf(each)).toEqual(valuesOf(optimizer));
  });

  test("in the midst of accumulating", () => {
    const make = (parameters: Parameter[]) => new Adam(parameters, { accumulate: 3 });
    const optimizer = make([fresh(3)]);
    run(optimizer, 1, 5);
    const state = optimizer.state();
    expect([state.steps, state.waiting]).toEqual([1, 2]);
    const other = make(again(optimizer.parameters));
    other.loadState(state);
    run(optimizer, 6, 10);
    run(other, 6, 10);
    expect(valuesOf(other)).toEqual(valuesOf(optimizer));
  });

  test("before the parameters have data", () => {
    const optimizer = new Adam([fresh(3, 2)]);
    run(optimizer, 1, 2);
    const lazy = new LazyParameter("W", [null, 2], "float32");
    const other = new Adam([lazy]);
    other.loadState(optimizer.state());
    lazy.initialize(optimizer.parameters[0]!.data.copy());
    run(optimizer, 3, 4);
    run(other, 3, 4);
    expect(valuesOf(other)).toEqual(valuesOf(optimizer));
    const wrong = new LazyParameter("W", [null, 2], "float32");
    const another = new Adam([wrong]);
    another.loadState(optimizer.state());
    wrong.initialize(randomNormal([4, 2]));
    const before = wrong.data.toArray();
    expect(() => run(another, 1, 1)).toThrow(
      "Adam: parameter 0 (W): of the state that was loaded, mean has shape (3, 2); expected that of the parameter, (4, 2)",
    );
    expect(wrong.data.toArray()).toEqual(before);
  });

  test("a copy changes the same parameters unless others are given", () => {
    const parameter = fresh(2);
    const optimizer = new SGD([parameter], { lr: 1, momentum: 0.5 });
    run(optimizer, 1, 1);
    const copy = optimizer.copy();
    expect(copy.parameters).toEqual([parameter]);
    copy.lr = 2;
    expect(optimizer.lr).toBe(1);
    expect(() => optimizer.copy([fresh(2), fresh(2)])).toThrow("SGD.copy: there are 2 parameters; expected 1");
    expect(() => optimizer.copy([fresh(3)])).toThrow("velocity of shape (2,); expected that of the parameter, (3,)");
  });
});

describe("a state that does not fit changes nothing", () => {
  const make = () =>
    new Adam([{ params: [new Parameter(array([1, 2]), "W"), fresh(3)] }, { params: [fresh(2)], lr: 0.5 }]);
  /** A state as a file could have it. */
  interface Loose {
    [key: string]: unknown;
    groups: LooseGroup[];
  }
  interface LooseGroup {
    settings: Record<string, unknown>;
    scheduler: unknown;
    parameters: unknown[];
  }
  const looseState = (optimizer: Optimizer) => optimizer.state() as unknown as Loose;
  const taken = (): Loose => {
    const optimizer = make();
    run(optimizer, 1, 2);
    return looseState(optimizer);
  };
  /** The state with another group 0 or 1. */
  const inGroup = (state: Loose, g: number, change: (group: LooseGroup) => Partial<LooseGroup>): Loose => ({
    ...state,
    groups: state.groups.map((group, i) => (i === g ? { ...group, ...change(group) } : group)),
  });
  const entry = (arrays: object, numbers: object = {}) => ({ parameters: [{ steps: 1, arrays, numbers }] });

  test.each<[string, (state: Loose) => unknown, string]>([
    ["nothing", () => null, "it is null; expected what state() gave"],
    ["of another kind", (s) => ({ ...s, optimizer: "SGD" }), 'it is of "SGD"; expected "Adam"'],
    ["steps", (s) => ({ ...s, steps: -1 }), "steps is -1; expected a whole number of at least 0"],
    ["waiting", (s) => ({ ...s, waiting: 1 }), "waiting is 1; expected less than accumulate, 1"],
    [
      "settings",
      (s) => ({ ...s, settings: { accumulate: 0 } }),
      "settings: accumulate is 0; expected a whole number of at least 1",
    ],
    ["no groups", (s) => ({ ...s, groups: 3 }), "groups is 3; expected an array"],
    ["fewer groups", (s) => ({ ...s, groups: s.groups.slice(1) }), "it has 1 groups; expected 2"],
    [
      "fewer parameters",
      (s) => inGroup(s, 0, ({ parameters }) => ({ parameters: parameters.slice(1) })),
      "group 0 has 1 parameters; expected 2",
    ],
    [
      "a setting missing",
      (s) => inGroup(s, 1, ({ settings: { beta1, ...settings } }) => ({ settings })),
      "group 1 lacks the setting beta1",
    ],
    [
      "a setting too many",
      (s) => inGroup(s, 1, ({ settings }) => ({ settings: { ...settings, mu: 1 } })),
      "group 1 has an unexpected setting mu",
    ],
    [
      "a setting out of range",
      (s) => inGroup(s, 1, ({ settings }) => ({ settings: { ...settings, lr: Number.NaN } })),
      "group 1 settings: lr is NaN; expected a finite number of at least 0",
    ],
    [
      "a scheduler",
      (s) => inGroup(s, 0, () => ({ scheduler: {} })),
      "group 0 has a state of a scheduler; expected none",
    ],
    [
      "an entry",
      (s) => inGroup(s, 1, () => ({ parameters: [3] })),
      "group 1 parameter 0 is 3; expected { steps, arrays, numbers }",
    ],
    [
      "an array of another shape",
      (s) => inGroup(s, 0, ({ parameters }) => ({ parameters: [...parameters].reverse() })),
      "group 0 parameter 0 (W) has mean of shape (3,); expected that of the parameter, (2,)",
    ],
    [
      "an array of another name",
      (s) => inGroup(s, 1, () => entry({ velocity: array([1, 2]) })),
      "group 1 parameter 0 has velocity; expected some of mean, square, largest",
    ],
    [
      "an array of another dtype",
      (s) => inGroup(s, 1, () => entry({ mean: array([1, 2], { dtype: "float64" }) })),
      "group 1 parameter 0 has mean of float64; expected that of the parameter, float32",
    ],
    [
      "no array",
      (s) => inGroup(s, 1, () => entry({ mean: [1, 2] })),
      "group 1 parameter 0 has mean of [1, 2]; expected an NDArray",
    ],
    [
      "a number",
      (s) => inGroup(s, 1, () => entry({}, { product: 1 })),
      "group 1 parameter 0 has product; expected no numbers",
    ],
  ])("%s", (_, change, message) => {
    const optimizer = make();
    run(optimizer, 1, 1);
    const before = text(optimizer.state());
    expect(() => optimizer.loadState(change(taken()) as never)).toThrow(
      `Adam.loadState: the state does not fit; nothing was changed:\n  ${message}`,
    );
    expect(text(optimizer.state())).toBe(before);
  });

  test("all problems are named", () => {
    const state = inGroup({ ...taken(), steps: 1.5 }, 1, ({ settings }) => ({ settings: { ...settings, mu: 1 } }));
    expect(() => make().loadState(state as never)).toThrow(/steps is 1.5.*\n {2}group 1 has an unexpected setting mu$/);
  });

  test("of a scheduler", () => {
    const scheduled = (patience: number) =>
      new SGD([{ params: [fresh(1)] }, { params: [fresh(1)] }], { lrScheduler: `king(patience=${patience})` });
    const optimizer = scheduled(5);
    run(optimizer, 1, 3, () => 1);
    const state = inGroup(looseState(optimizer), 1, () => ({ scheduler: { step: -1 } }));
    const other = scheduled(5);
    run(other, 1, 1, () => 2);
    const before = other.state();
    expect(() => other.loadState(state as never)).toThrow("KingScheduler: the state does not fit");
    expect(other.state().groups.map(({ scheduler }) => scheduler)).toEqual(
      before.groups.map(({ scheduler }) => scheduler),
    );
    expect(() => new SGD([fresh(1), fresh(1)]).loadState({ ...state, groups: [before.groups[0]!] } as never)).toThrow(
      "group 0 has a state of a scheduler; expected none",
    );
  });
});

describe("resetState", () => {
  test("of a parameter, and of some of its elements", () => {
    const parameters = [fresh(4), fresh(4)] as const;
    const optimizer = new Adam(parameters);
    run(optimizer, 1, 3);
    const before = optimizer.state().groups[0]!.parameters;
    optimizer.resetState(parameters[0], array([true, false, false, true]));
    optimizer.resetState(parameters[1]);
    const [first, second] = optimizer.state().groups[0]!.parameters;
    for (const name of ["mean", "square"]) {
      const former = before[0]!.arrays[name]!.toArray() as number[];
      expect(first!.arrays[name]!.toArray()).toEqual([0, former[1], former[2], 0]);
    }
    expect(first!.steps).toBe(3);
    expect(second).toEqual({ steps: 0, arrays: {}, numbers: {} });
  });

  test("to where it started", () => {
    const parameter = fresh(2);
    const optimizer = new AdaGrad([parameter], { initialSum: 0.5 });
    run(optimizer, 1, 2);
    optimizer.resetState(parameter, array([true, false]));
    const sum = optimizer.state().groups[0]!.parameters[0]!.arrays.sum!.toArray() as number[];
    expect(sum[0]).toBe(0.5);
    expect(sum[1]).toBeGreaterThan(0.5);
  });

  test("what nothing is remembered of stays so", () => {
    const parameter = fresh(2);
    const optimizer = new SGD([parameter]);
    optimizer.resetState(parameter, array([true, false]));
    optimizer.resetState(parameter);
    expect(optimizer.state().groups[0]!.parameters).toEqual([{ steps: 0, arrays: {}, numbers: {} }]);
  });

  test("errors", () => {
    const parameter = fresh(2);
    const optimizer = new SGD([parameter]);
    expect(() => optimizer.resetState(fresh(2))).toThrow("SGD.resetState: expected one of the optimizer's parameters");
    expect(() => optimizer.resetState(parameter, array([1, 0]))).toThrow(
      "SGD.resetState: where is float32; expected a bool NDArray",
    );
    expect(() => optimizer.resetState(parameter, array([true]))).toThrow(
      "SGD.resetState: where has shape (1,); expected that of the parameter, (2,)",
    );
  });
});
