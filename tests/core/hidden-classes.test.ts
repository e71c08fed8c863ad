import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import { Function, setClassKeeper } from "../../core/function.js";
import { emptyTwin, keepHiddenClasses } from "../../core/hidden-classes.js";
import { matmul, mean, mul, relu, reshape, softmax, sum } from "../../functions/index.js";
import { type NDArray, Parameter, randomNormal, seed, Variable, variable } from "../../index.js";
import { SGD } from "../../optim/index.js";

setFlagsFromString("--allow-natives-syntax");
const haveSameHiddenClass = runInThisContext("(a, b) => %HaveSameMap(a, b)") as (a: object, b: object) => boolean;

class Scaled extends Function {
  private readonly saved: NDArray[] = [];
  constructor(
    private readonly factor: number,
    private readonly axes: readonly number[],
  ) {
    super();
  }

  override forward(x: NDArray): NDArray {
    this.saved.push(x);
    return mul(x, this.factor).data;
  }

  override backward(gy: Variable): Variable {
    return mul(gy, this.factor);
  }

  get kept(): unknown[] {
    return [this.saved, this.factor, this.axes];
  }
}

class Rare extends Scaled {}

/** The latest Function of each class that `run` applies. */
function functionsOf(run: () => void): Map<string, Function> {
  const found = new Map<string, Function>();
  setClassKeeper((fn) => found.set(fn.name, fn));
  try {
    run();
  } finally {
    setClassKeeper(() => {});
  }
  return found;
}

test("an empty twin has the hidden class of its Function and keeps nothing else alive", () => {
  seed(1);
  const x = variable(randomNormal([3, 4]));
  const w = variable(randomNormal([4, 2]));
  const found = functionsOf(() => {
    const y = softmax(relu(matmul(new Scaled(0.5, [1, 0]).apply(x), w)));
    mean(sum(reshape(y, [2, 3]), { axis: 0 })).backward();
  });
  expect([...found.keys()]).toEqual(
    expect.arrayContaining(["Scaled", "MatMul", "Softmax", "SoftmaxGrad", "Sum", "Reshape", "BroadcastTo"]),
  );
  for (const fn of found.values()) {
    const twin = emptyTwin(fn);
    expect([fn.name, haveSameHiddenClass(fn, twin)]).toEqual([fn.name, true]);
    for (const value of Object.values(twin)) {
      const numbers = Array.isArray(value) && value.every((each) => typeof each === "number");
      expect(value === null || typeof value !== "object" || numbers).toBe(true);
    }
  }
  const twin = emptyTwin(found.get("Scaled")!) as Scaled;
  expect(twin.kept).toEqual([null, 0.5, [1, 0]]);
});

test("a property that is computed is left alone", () => {
  let asked = 0;
  const fn = new Scaled(2, []);
  Object.defineProperty(fn, "computed", { get: () => asked++, enumerable: true });
  expect(Object.keys(emptyTwin(fn))).toEqual(Object.keys(new Scaled(2, [])));
  expect(asked).toBe(0);
});

test("from the first optimizer on each class is kept, once", () => {
  const made = jest.spyOn(Reflect, "construct");
  const twins = () => [Scaled, Rare].map((one) => made.mock.calls.filter(([, , target]) => target === one).length);
  const x = new Variable(randomNormal([2]), false);
  // A loop of 13 Functions; `Scaled` applies one more of another class.
  const apply = () => {
    for (let i = 0; i < 13 * 1000; i++) new (i % 13 === 6 ? Rare : Scaled)(2, []).apply(x);
  };
  try {
    apply();
    expect(twins()).toEqual([0, 0]);
    for (let i = 0; i < 2; i++) {
      new SGD([new Parameter(randomNormal([2]))]);
      apply();
      expect(twins()).toEqual([1, 1]);
    }
    const more = jest.fn();
    keepHiddenClasses(more);
    expect(more).not.toHaveBeenCalled();
  } finally {
    made.mockRestore();
  }
});
