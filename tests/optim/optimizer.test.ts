import { array, constant, ones, Parameter, type Variable } from "../../core/index.js";
import { mul } from "../../functions/arithmetic.js";
import { sum } from "../../functions/reduce.js";
import { Adam, type AdamOptions, SGD } from "../../optim/index.js";
import { expectStored, restore, training } from "../golden/training.js";

type Make = (parameters: Parameter[]) => SGD | Adam;

const golden: Record<string, Make> = {
  SGD: (p) => new SGD(p, { lr: 0.1 }),
  "SGD with momentum": (p) => new SGD(p, { lr: 0.1, momentum: 0.8 }),
  "SGD with momentum and weight decay": (p) => new SGD(p, { lr: 0.1, momentum: 0.8, weightDecay: 0.3 }),
  Adam: (p) => new Adam(p),
  "Adam with options": (p) => new Adam(p, { lr: 0.3, beta1: 0.7, beta2: 0.9, epsilon: 0.01, weightDecay: 0.2 }),
};

test("every optimizer in the golden file is tried here", () => {
  expect(Object.keys(golden)).toEqual(Object.keys(training.optimizers));
});

describe.each(Object.entries(golden))("%s", (name, make) => {
  const { value, steps } = training.optimizers[name]!;

  test("three steps as in PyTorch, in place", () => {
    const parameter = new Parameter(restore(value));
    const data = parameter.data;
    const optimizer = make([parameter]);
    for (const step of steps) {
      parameter.grad = constant(restore(step.grad));
      optimizer.step();
      expectStored(data, step.value);
    }
    expect(parameter.data).toBe(data);
  });

  test("a parameter and gradients that are transposed views", () => {
    const turned = (stored: { shape: number[]; values: number[] }) => restore(stored).transpose().copy().transpose();
    const parameter = new Parameter(turned(value));
    const optimizer = make([parameter]);
    for (const step of steps) {
      parameter.grad = constant(turned(step.grad));
      optimizer.step();
      expectStored(parameter.data, step.value);
    }
  });

  test("each parameter has a state of its own, also beside one of the same name", () => {
    const first = new Parameter(restore(value), "W");
    const second = new Parameter(restore(value), "W");
    const optimizer = make([first, second]);
    first.grad = constant(restore(steps[0]!.grad));
    optimizer.step();
    expectStored(second.data, value);
    for (const step of steps) {
      first.grad = constant(ones([3, 2], { dtype: "float64" }));
      second.grad = constant(restore(step.grad));
      optimizer.step();
      expectStored(second.data, step.value);
    }
  });
});

test("SGD takes the learning rate into the velocity, which so outlasts a change of it", () => {
  const parameter = new Parameter(array([0], { dtype: "float64" }));
  const optimizer = new SGD([parameter], { lr: 0.5, momentum: 0.5 });
  parameter.grad = constant(array([3], { dtype: "float64" }));
  optimizer.step();
  optimizer.lr = 0.25;
  expect(optimizer.lr).toBe(0.25);
  optimizer.step();
  // v = 1.5, then 0.5 * 1.5 + 0.25 * 3 = 1.5; PyTorch's would be 0.25 * (0.5 * 3 + 3) = 1.125.
  expect(parameter.data.item()).toBe(-3);
});

test("float32 parameters are stepped in float32", () => {
  const parameter = new Parameter(array([1, 2]));
  parameter.grad = constant(array([0.5, -4]));
  new SGD([parameter], { lr: 0.25 }).step();
  expect(parameter.data.toArray()).toEqual([0.875, 3]);
  expect(parameter.dtype).toBe("float32");
});

test.each<[string, Make]>([
  ["SGD", (p) => new SGD(p, { momentum: 0.9, weightDecay: 0.1 })],
  ["Adam", (p) => new Adam(p, { weightDecay: 0.1 })],
])("%s leaves alone what is frozen, has no gradient or no data yet", (_, make) => {
  const [frozen, idle, lazy, active] = [1, 2, null, 4].map((v) => new Parameter(v === null ? null : array([v])));
  const optimizer = make([frozen!, idle!, lazy!, active!]);
  frozen!.grad = constant([1]);
  frozen!.requiresGrad = false;
  active!.grad = constant([1]);
  optimizer.step();
  expect(frozen!.data.item()).toBe(1);
  expect(idle!.data.item()).toBe(2);
  expect(lazy!.initialized).toBe(false);
  expect(active!.data.item()).toBeLessThan(4);
  frozen!.requiresGrad = true;
  optimizer.step();
  expect(frozen!.data.item()).toBeLessThan(1);
});

test("zeroGrad forgets all gradients", () => {
  const parameters = [new Parameter(array([1])), new Parameter(null)];
  parameters[0]!.grad = constant([1]);
  new SGD(parameters).zeroGrad();
  expect(parameters[0]!.grad).toBeNull();
});

test("a graph that saved a parameter notices the step", () => {
  const parameter = new Parameter(array([1, 2]), "W");
  const loss = sum(mul(parameter, parameter));
  loss.backward();
  new SGD([parameter]).step();
  expect(() => loss.backward()).toThrow(/input [01] \(W\) of shape \(2,\) was changed in place/);
});

describe("errors", () => {
  const bad = (grad: Variable) => {
    const good = new Parameter(array([1, 2]), "b");
    const parameter = new Parameter(array([[1], [2]]), "W");
    good.grad = constant([1, 1]);
    parameter.grad = grad;
    const optimizer = new Adam([good, parameter]);
    return {
      step: () => optimizer.step(),
      values: () => [...good.data.toTypedArray(), ...parameter.data.toTypedArray()],
    };
  };

  test.each<[string, Variable, string]>([
    [
      "shape",
      constant([1, 2]),
      "Adam: parameter 1 (W): the gradient has shape (2,); expected that of the parameter, (2, 1)",
    ],
    [
      "dtype",
      constant([[1], [2]], { dtype: "float64" }),
      "Adam: parameter 1 (W): the gradient is float64; expected that of the parameter, float32",
    ],
    ["kind", 3 as never, "Adam: parameter 1 (W): its grad is number; expected a Variable or null"],
  ])("a gradient of another %s changes nothing", (_, grad, message) => {
    const { step, values } = bad(grad);
    expect(step).toThrow(message);
    expect(values()).toEqual([1, 2, 1, 2]);
  });

  const p = () => new Parameter(array([1]), "W");
  test.each<[() => unknown, string]>([
    [() => new SGD([]), "SGD: there are no parameters; expected at least one"],
    [
      () => new Adam(null as never),
      "Adam: expected the parameters in an iterable, such as model.parameters(), got object",
    ],
    [
      () => new Adam(p() as never),
      "Adam: expected the parameters in an iterable, such as model.parameters(), got object",
    ],
    [() => new SGD([p(), constant(1) as never]), "SGD: parameter 1 is a Variable; expected a Parameter"],
    [() => new SGD(["W" as never]), "SGD: parameter 0 is string; expected a Parameter"],
    [
      () => {
        const twice = p();
        return new SGD([p(), twice, twice]);
      },
      "SGD: parameter 2 (W) is parameter 1 again; expected each once",
    ],
    [() => new SGD([p()], { lr: -1 }), "SGD: lr is -1; expected a finite number of at least 0"],
    [() => new SGD([p()], { lr: Number.NaN }), "SGD: lr is NaN; expected a finite number of at least 0"],
    [
      () => new Adam([p()], { lr: Number.POSITIVE_INFINITY }),
      "Adam: lr is Infinity; expected a finite number of at least 0",
    ],
    [() => new SGD([p()], { lr: "0.1" as never }), 'SGD: lr is "0.1"; expected a finite number of at least 0'],
    [() => new SGD([p()], { momentum: 1 }), "SGD: momentum is 1; expected a number in [0, 1)"],
    [() => new SGD([p()], { momentum: -0.1 }), "SGD: momentum is -0.1; expected a number in [0, 1)"],
    [() => new SGD([p()], { weightDecay: -1 }), "SGD: weightDecay is -1; expected a finite number of at least 0"],
    [() => new Adam([p()], { beta1: 1 }), "Adam: beta1 is 1; expected a number in [0, 1)"],
    [() => new Adam([p()], { beta2: Number.NaN }), "Adam: beta2 is NaN; expected a number in [0, 1)"],
    [() => new Adam([p()], { epsilon: -1 }), "Adam: epsilon is -1; expected a finite number of at least 0"],
    [
      () => new SGD([p()], { nesterov: true }),
      "SGD: nesterov with momentum 0 and dampening 0; expected a momentum above 0 and no dampening",
    ],
    [
      () => new SGD([p()], { nesterov: true, momentum: 0.9, dampening: 0.1 }),
      "SGD: nesterov with momentum 0.9 and dampening 0.1; expected a momentum above 0 and no dampening",
    ],
    [() => new SGD([p()], { rateIn: "both" as never }), 'SGD: rateIn is "both"; expected "velocity" or "step"'],
    [() => new SGD([p()], { dampening: 1.5 }), "SGD: dampening is 1.5; expected a number in [0, 1]"],
    [() => new SGD([p()], { clipNorm: 0 }), "SGD: clipNorm is 0; expected a finite number above 0, or null"],
    [() => new SGD([p()], { clipValue: -1 }), "SGD: clipValue is -1; expected a finite number above 0, or null"],
    [() => new SGD([p()], { accumulate: 1.5 }), "SGD: accumulate is 1.5; expected a whole number of at least 1"],
    [
      () => new SGD([p()], { clipGlobalNorm: Number.NaN }),
      "SGD: clipGlobalNorm is NaN; expected a finite number above 0, or null",
    ],
    [() => new SGD([p()], { lazy: 1 as never }), "SGD: lazy is 1; expected true or false"],
    [() => new Adam([p()], { epsilon: 1, eps: 2 }), "Adam: epsilon is given twice, also under the reference's name"],
    [
      () => new SGD([p()], 3 as never),
      "SGD: expected an object of options (lr, momentum, rateIn, dampening, nesterov, weightDecay, clipNorm, clipValue, lazy, lrScheduler, clipGlobalNorm, accumulate), got 3",
    ],
    [
      () => new Adam([p()], { beta3: 1 } as AdamOptions),
      "Adam: unknown option beta3; expected some of lr, beta1, beta2, epsilon, weightDecay, amsgrad, clipNorm, clipValue, lazy, lrScheduler, clipGlobalNorm, accumulate",
    ],
    [
      () => {
        new SGD([p()]).lr = -2;
      },
      "SGD: lr is -2; expected a finite number of at least 0",
    ],
  ])("%#", (run, message) => {
    expect(run).toThrow(message);
  });
});
