import { array, constant, Parameter } from "../../core/index.js";
import * as F from "../../functions/index.js";
import {
  Adam,
  AdamW,
  type Definition,
  NoamScheduler,
  Optimizer,
  type OptimizerOptions,
  optimizerOptionNames,
  type ParametersOrGroups,
  RMSProp,
  registeredOptimizers,
  registerOptimizer,
  resolveOptimizer,
  SGD,
  settings,
  type Update,
  type Values,
} from "../../optim/index.js";

const p = () => new Parameter(array([1], { dtype: "float64" }), "W");

test.each<[Parameters<typeof resolveOptimizer>[0] | undefined, string]>([
  [null, "SGD(lr=0.01, momentum=0, rateIn=velocity"],
  [undefined, "SGD(lr=0.01, momentum=0"],
  ["adam", "Adam(lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-7, weightDecay=0, amsgrad=false, clipNorm=null"],
  ["RMSProp(lr=0.0001)", "RMSProp(lr=0.0001, decay=0.9"],
  ["Adam(decay1=0.5, clip_norm=3, eps=1e-8)", "Adam(lr=0.001, beta1=0.5, beta2=0.999, epsilon=1e-8"],
  ["ada_grad(initial_sum=0.25)", "AdaGrad(lr=0.01, epsilon=1e-7, initialSum=0.25"],
  ["adam-w(weight_decay=0)", "AdamW(lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-7, weightDecay=0"],
  [
    { name: "sgd", momentum: 0.5, nesterov: true },
    "SGD(lr=0.01, momentum=0.5, rateIn=velocity, dampening=0, nesterov=true",
  ],
  [{ optimizer: "SGD", hyperparameters: { lr: 2 } }, "SGD(lr=2, momentum=0"],
  ["sgd(lr_scheduler='noam(model_dim=64)')", "SGD(momentum=0"],
])("%j", (spec, text) => {
  expect(String(resolveOptimizer(spec as never, [p()]))).toContain(text);
});

const scheduled = () => new NoamScheduler({ modelDim: 64 });
test.each([
  ...registeredOptimizers().map((name) => [name, resolveOptimizer(name, [p()])] as const),
  [
    "with options",
    new RMSProp([p()], { lr: 0.5, centered: true, momentum: 0.25, clipNorm: 3, lazy: true, accumulate: 2 }),
  ],
  ["with a scheduler", new SGD([p()], { lrScheduler: scheduled(), momentum: 0.5, clipGlobalNorm: 1 })],
] as const)("config and text of %s rebuild it", (_, optimizer) => {
  const config = JSON.parse(JSON.stringify(optimizer.config()));
  for (const spec of [config, String(optimizer)]) {
    const made = resolveOptimizer(spec, [p()]);
    expect(made).toBeInstanceOf(optimizer.constructor);
    expect(made.config()).toEqual(config);
    expect(String(made)).toBe(String(optimizer));
    for (const each of [made, optimizer]) {
      each.parameters[0]!.data = array([1], { dtype: "float64" });
      each.resetState(each.parameters[0]!);
    }
    const fresh = resolveOptimizer(config, [p()]);
    for (const each of [made, fresh]) {
      for (let step = 0; step < 4; step++) {
        each.parameters[0]!.grad = constant([step + 1], { dtype: "float64" });
        each.step();
      }
    }
    expect(made.parameters[0]!.data.item()).toBe(fresh.parameters[0]!.data.item());
    expect(made.parameters[0]!.data.item()).not.toBe(1);
  }
});

test("an optimizer of the parameters, and a function that makes one", () => {
  const [a, b] = [p(), p()];
  const optimizer = new Adam([a, b]);
  expect(resolveOptimizer(optimizer, [b, a])).toBe(optimizer);
  expect(() => resolveOptimizer(optimizer, [a])).toThrow(
    "resolveOptimizer: the optimizer has 2 parameters that are not the 1 it is to change; expected one of these",
  );
  const made = resolveOptimizer((parameters) => new AdamW(parameters), [a]);
  expect(made.parameters).toEqual([a]);
  expect(() => resolveOptimizer((() => 3) as never, [a])).toThrow("the function gave 3; expected an Optimizer");
});

test("groups", () => {
  const optimizer = resolveOptimizer("sgd(lr=0.5)", [{ params: [p()] }, { params: [p()], lr: 0.25 }]);
  expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.5, 0.25]);
});

test.each<[unknown, string]>([
  ["adamm", 'resolveOptimizer is "adamm"; expected null, an Optimizer or one of AdaDelta, AdaGrad, Adam, AdamW, Lion'],
  [3, "resolveOptimizer is 3; expected null, an Optimizer or one of AdaDelta"],
  ["adam(lr=)", "lr has no value"],
  ["adam(rate=1)", "resolveOptimizer Adam: unknown argument rate; expected lr, beta1"],
  ["adam(lr=-1)", "Adam: lr is -1; expected a finite number of at least 0"],
  ["adam(lr=1, LR=2)", "resolveOptimizer Adam: lr is given twice"],
  ["adam(eps=1, epsilon=2)", "Adam: epsilon is given twice, also under the reference's name"],
  ["adam(lr=none)", "Adam: lr is null; expected a finite number of at least 0"],
  ["sgd(lr_scheduler=noaml)", 'SGD: lrScheduler is "noaml"'],
])("%j is refused", (spec, message) => {
  expect(() => resolveOptimizer(spec as never, [p()])).toThrow(message);
});

describe("an optimizer of one's own", () => {
  interface SignSettings {
    shrink: number;
  }
  const SIGN: Definition<SignSettings> = {
    name: "SignSGD",
    lr: 0.5,
    settings: { shrink: settings.nonNegative(0.25) },
    arrays: ["last"],
    numbers: ["largest"],
  };

  class SignSGD extends Optimizer<SignSettings> {
    static readonly options = optimizerOptionNames(SIGN);

    constructor(parameters: ParametersOrGroups<SignSettings>, options: OptimizerOptions<SignSettings> = {}) {
      super(SIGN, parameters, options);
    }

    protected override update(update: Update, { lr, shrink }: Readonly<Values<SignSettings>>): void {
      const { values, gradient } = update;
      update.array("last").assign(gradient);
      update.remember("largest", Math.max(update.number("largest", 0), Math.abs(gradient.item())));
      values.assign(F.sub(F.mul(values, 1 - shrink), F.mul(F.sign(gradient), lr)).data);
    }
  }

  test("steps, is clipped, remembers and resumes", () => {
    const parameter = p();
    const optimizer = new SignSGD([parameter], { clipValue: 2 });
    parameter.grad = constant([-3], { dtype: "float64" });
    optimizer.step();
    expect(parameter.data.item()).toBe(1.25);
    const state = optimizer.state();
    expect(state.groups[0]!.parameters[0]!.arrays.last!.item()).toBe(-2);
    expect(state.groups[0]!.parameters[0]!.numbers).toEqual({ largest: 2 });
    const other = new SignSGD([p()]);
    other.loadState(state);
    expect(other.groups[0]!.clipValue).toBe(2);
  });

  test("can be asked for by name once registered", () => {
    registerOptimizer("SignSGD", SignSGD);
    registerOptimizer("SignSGD", SignSGD);
    const made = resolveOptimizer("sign_sgd(shrink=0.5)", [p()]);
    expect(made).toBeInstanceOf(SignSGD);
    expect(resolveOptimizer(made.config(), [p()]).config()).toEqual(made.config());
    expect(() => registerOptimizer("sgd", SignSGD)).toThrow(
      "registerOptimizer: another class is registered as SGD; expected a name of its own",
    );
    expect(() => registerOptimizer("3", SignSGD)).toThrow('registerOptimizer: "3" is no name');
  });
});
