import { setLeafWatch } from "../../core/function.js";
import { LeafUses } from "../../core/leaf-uses.js";
import { binary, unary } from "../../core/numeric.js";
import { add, exp, mul, neg, sin, square, sub, sumTo, tanh } from "../../functions/index.js";
import { constant, Function, GraphError, grad, type NDArray, noGrad, type Variable, variable } from "../../index.js";

const numbers = (x: Variable | null) => x!.toArray();

describe("the order of backward", () => {
  test("a Variable used along paths of different lengths gets the sum over all of them", () => {
    const x = variable(2, { dtype: "float64" });
    const a = square(x);
    const y = add(square(a), mul(square(a), x));
    y.backward();
    // y = x^4 + x^5
    expect(x.grad!.item()).toBeCloseTo(4 * 8 + 5 * 16, 12);
  });

  test("a function runs only after every function that uses its output, in random graphs", () => {
    let state = 12345;
    const next = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let round = 0; round < 50; round++) {
      // Values v[i] = v[j] * v[k] + c or tanh(v[j]); forward-mode derivatives beside them are the witness.
      const x = variable(0.7, { dtype: "float64" });
      const values: Variable[] = [x];
      const tangents = [1];
      for (let i = 1; i < 30; i++) {
        const [j, k] = [next(i), next(i)];
        const [a, b] = [values[j]!, values[k]!];
        if (next(2) === 0) {
          const y = tanh(a);
          values.push(y);
          tangents.push(tangents[j]! * (1 - y.item() ** 2));
        } else {
          values.push(sub(mul(a, b), 0.3));
          tangents.push(tangents[j]! * b.item() + tangents[k]! * a.item());
        }
      }
      values[29]!.backward();
      const expected = tangents[29]!;
      expect(x.grad === null ? 0 : x.grad.item()).toBeCloseTo(expected, 9);
    }
  });

  test("a chain of 100,000 functions, forward and backward", () => {
    const x = variable(1, { dtype: "float64" });
    let y = x;
    for (let i = 0; i < 100_000; i++) y = add(y, x);
    y.backward();
    expect(y.item()).toBe(100_001);
    expect(x.grad!.item()).toBe(100_001);
    y.unchainBackward();
  });

  test("generations count functions from the leaves", () => {
    const x = variable(1);
    const y = add(square(square(x)), x);
    expect([x.generation, y.generation, y.creator!.generation]).toEqual([0, 3, 2]);
  });
});

describe("backward", () => {
  test("adds to the gradient at each call and leaves those in between empty", () => {
    const x = variable([1, 2]);
    const a = square(x);
    const y = a.sum();
    y.backward();
    y.backward();
    expect(numbers(x.grad)).toEqual([4, 8]);
    expect([a.grad, y.grad]).toEqual([null, null]);
    x.clearGrad();
    expect(x.grad).toBeNull();
  });

  test("retainGrad keeps the gradients in between", () => {
    const x = variable([1, 2]);
    const a = square(x);
    const y = mul(a, 3).sum();
    y.backward({ retainGrad: true });
    expect(numbers(a.grad)).toEqual([3, 3]);
    expect(numbers(y.grad)).toBe(1);
  });

  test("starts from a given gradient", () => {
    const x = variable([1, 2]);
    square(x).backward({ gradient: [10, 100] });
    expect(numbers(x.grad)).toEqual([20, 400]);
  });

  test("the gradient of a leaf with respect to itself", () => {
    const x = variable(3);
    x.backward();
    expect(x.grad!.item()).toBe(1);
  });

  test("createGraph: derivatives of x ** 4, the last of which is constant", () => {
    const x = variable(3, { dtype: "float64" });
    let y: Variable = square(square(x));
    const orders: number[] = [];
    for (let order = 1; order <= 4; order++) {
      x.clearGrad();
      y.backward({ createGraph: true });
      y = x.grad!;
      orders.push(y.item());
    }
    expect(orders).toEqual([108, 108, 72, 24]);
    expect(() => y.backward()).toThrow("backward: no graph leads to this Variable");
  });

  test("without createGraph the gradient has no graph", () => {
    const x = variable(3);
    square(x).backward();
    expect(x.grad!.requiresGrad).toBe(false);
    expect(x.grad!.creator).toBeNull();
  });

  test("constants and frozen leaves get no gradient", () => {
    const x = variable([1, 2]);
    const c = constant([3, 4]);
    const frozen = variable([5, 6], { requiresGrad: false });
    mul(mul(x, c), frozen).sum().backward();
    expect(numbers(x.grad)).toEqual([15, 24]);
    expect([c.grad, frozen.grad]).toEqual([null, null]);
  });

  test("gradients come back in the dtype and shape of their input", () => {
    const x = variable([[1], [2]]);
    const w = variable([1, 2, 3], { dtype: "float64" });
    const y = mul(x, w);
    expect(y.dtype).toBe("float64");
    y.sum().backward();
    expect([x.grad!.dtype, x.grad!.shape]).toEqual(["float32", [2, 1]]);
    expect([w.grad!.dtype, w.grad!.shape]).toEqual(["float64", [3]]);
    expect(numbers(x.grad)).toEqual([[6], [6]]);
    expect(numbers(w.grad)).toEqual([3, 3, 3]);
  });

  test("a native typed array of another realm is a gradient too", () => {
    const x = variable([1, 2]);
    square(x).backward({ gradient: structuredClone(new Float32Array([1, 1])) });
    expect(numbers(x.grad)).toEqual([2, 4]);
  });
});

/** x -> (x * 2, x * 3, x * 5). */
class Multiples extends Function {
  seen: number[] = [];

  override forward(x: NDArray): NDArray[] {
    return [2, 3, 5].map((k) => mul(constant(x), k).data);
  }

  override backward(...gys: Variable[]): Variable {
    this.seen = gys.map((gy) => gy.toTypedArray()[0]!);
    return gys.map((gy, i) => mul(gy, [2, 3, 5][i]!)).reduce((a, b) => add(a, b));
  }
}

describe("functions with several outputs", () => {
  test("all outputs used", () => {
    const x = variable([1, 1]);
    const [a, b, c] = new Multiples().applyMany(x) as [Variable, Variable, Variable];
    add(add(a, b), mul(c, 10)).backward({ gradient: [1, 2] });
    expect(numbers(x.grad)).toEqual([55, 110]);
  });

  test("unused outputs count as zeros, also when they are the first", () => {
    const x = variable([1, 1]);
    const fn = new Multiples();
    const c = fn.applyMany(x)[2]!;
    c.sum().backward();
    expect(fn.seen).toEqual([0, 0, 1]);
    expect(numbers(x.grad)).toEqual([5, 5]);
  });

  test("collected outputs count as zeros", async () => {
    const x = variable([1, 1]);
    const fn = new Multiples();
    let last: Variable | null = null;
    (() => {
      last = fn.applyMany(x)[1]!;
    })();
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { runInNewContext } = await import("node:vm");
    (await import("node:v8")).setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
    expect(fn.outputs.map((y) => y !== undefined)).toEqual([false, true, false]);
    last!.sum().backward();
    expect(numbers(x.grad)).toEqual([3, 3]);
  });

  test("each output knows its place", () => {
    const outputs = new Multiples().applyMany(variable([1]));
    expect(outputs.map((y) => y.outputIndex)).toEqual([0, 1, 2]);
    expect(new Set(outputs.map((y) => y.creator)).size).toBe(1);
  });
});

describe("grad", () => {
  test("gives gradients of several ys with respect to several xs and leaves .grad alone", () => {
    const x = variable([1, 2], { dtype: "float64" });
    const w = variable([3, 4], { dtype: "float64" });
    const [gx, gw] = grad([mul(x, w).sum(), square(x)], [x, w], { gradYs: [1, [1, 10]] }) as [Variable, Variable];
    expect(numbers(gx)).toEqual([3 + 2, 4 + 40]);
    expect(numbers(gw)).toEqual([1, 2]);
    expect([x.grad, w.grad]).toEqual([null, null]);
  });

  test("with respect to a Variable in between, and to an output itself", () => {
    const x = variable(2);
    const a = square(x);
    const y = mul(a, a);
    expect(grad(y, [a, x, y]).map((g) => g.item())).toEqual([8, 32, 1]);
  });

  test("second derivatives of a mixed expression", () => {
    const x = variable(0.3, { dtype: "float64" });
    const y = mul(sin(x), exp(x));
    const [gx] = grad(y, x, { createGraph: true });
    const [ggx] = grad(gx!, x);
    expect(gx!.item()).toBeCloseTo(Math.exp(0.3) * (Math.sin(0.3) + Math.cos(0.3)), 12);
    expect(ggx!.item()).toBeCloseTo(2 * Math.exp(0.3) * Math.cos(0.3), 12);
  });

  test("what is not between is not computed", () => {
    let calls = 0;
    class Counted extends Function {
      override forward(x: NDArray): NDArray {
        return unary("neg", x);
      }
      override backward(gy: Variable): Variable {
        calls++;
        return neg(gy);
      }
    }
    const [x, w] = [variable(2), variable(3)];
    const hidden = new Counted().apply(w);
    const y = mul(x, hidden);
    expect(grad(y, x)[0]!.item()).toBe(-3);
    expect(calls).toBe(0);
    expect(grad(y, [x, w]).map((g) => g.item())).toEqual([-3, -2]);
    expect(calls).toBe(1);
  });

  test("an x that no y depends on is an error that names it, or zeros when asked for", () => {
    const x = variable(2);
    const other = variable([1, 2], { name: "other" });
    expect(() => grad(square(x), [x, other])).toThrow(
      "grad: no y depends on x 1 (other) of shape (2,); expected a graph from it to a y, or allowUnused: true",
    );
    expect(numbers(grad(square(x), [other], { allowUnused: true })[0]!)).toEqual([0, 0]);
  });

  test("the number of starting gradients must fit", () => {
    const x = variable(2);
    expect(() => grad([square(x)], [x], { gradYs: [1, 2] })).toThrow(
      "grad: expected a gradient for each of 1 ys, got 2",
    );
  });
});

describe("needs", () => {
  test("tells a function which gradients are wanted", () => {
    const asked: boolean[][] = [];
    class Product extends Function {
      override forward(a: NDArray, b: NDArray): NDArray {
        return binary("mul", a, b);
      }
      override backward(gy: Variable): (Variable | null)[] {
        asked.push([this.needs(0), this.needs(1)]);
        return [this.needs(0) ? mul(gy, this.input(1)) : null, this.needs(1) ? mul(gy, this.input(0)) : null];
      }
    }
    const [a, b] = [variable(2), variable(5)];
    new Product().apply(a, 3).backward();
    new Product().apply(constant(3), b).backward();
    grad(new Product().apply(a, b), b);
    expect(asked).toEqual([
      [true, false],
      [false, true],
      [false, true],
    ]);
    expect([a.grad!.item(), b.grad!.item()]).toEqual([3, 3]);
  });
});

describe("hooks", () => {
  test("see the finished gradient of leaves and of Variables in between, once a pass", () => {
    const x = variable([1, 2]);
    const a = square(x);
    const seen: unknown[] = [];
    a.onGrad((g) => void seen.push(["a", g.toArray()]));
    x.onGrad((g) => void seen.push(["x", g.toArray()]));
    add(mul(a, 2), a).sum().backward();
    expect(seen).toEqual([
      ["a", [3, 3]],
      ["x", [6, 12]],
    ]);
  });

  test("may replace the gradient, in their order, until taken off", () => {
    const x = variable(1);
    const a = square(x);
    const off = a.onGrad((g) => mul(g, 10));
    a.onGrad((g) => add(g, 1));
    const y = mul(a, 1);
    y.backward();
    expect(x.grad!.item()).toBe(22);
    off();
    x.clearGrad();
    y.backward();
    expect(x.grad!.item()).toBe(4);
  });

  test("a replacement of another shape is an error", () => {
    const x = variable([1, 2], { name: "weights" });
    x.onGrad(() => constant(1));
    expect(() => square(x).sum().backward()).toThrow("the hook on weights gave a gradient of shape (), float32");
  });

  test("a constant takes none", () => {
    expect(() => constant([1]).onGrad(() => undefined)).toThrow(GraphError);
  });
});

describe("what throws leaves everything as it was", () => {
  class Fails extends Function {
    static failing = true;
    override forward(x: NDArray): NDArray {
      return unary("neg", x);
    }
    override backward(gy: Variable): Variable {
      if (Fails.failing) throw new Error("no");
      return neg(gy);
    }
  }

  test("a function that throws in backward", () => {
    Fails.failing = true;
    const [x, w] = [variable(2), variable(3)];
    const y = add(mul(new Fails().apply(x), w), mul(x, w));
    expect(() => y.backward()).toThrow("no");
    expect([x.grad, w.grad]).toEqual([null, null]);
    Fails.failing = false;
    y.backward();
    expect([x.grad!.item(), w.grad!.item()]).toEqual([0, 0]);
    const z = mul(x, w);
    expect(z.requiresGrad).toBe(true);
  });

  test("a hook that throws", () => {
    const x = variable(2);
    const y = square(x);
    const off = x.onGrad(() => {
      throw new Error("hook");
    });
    expect(() => y.backward()).toThrow("hook");
    expect(x.grad).toBeNull();
    off();
    y.backward();
    expect(x.grad!.item()).toBe(4);
  });

  test("gradients of the wrong shape, dtype or number name the function", () => {
    class Wrong extends Function {
      constructor(private readonly answer: (gy: Variable) => Variable | Variable[]) {
        super();
      }
      override forward(x: NDArray): NDArray {
        return unary("neg", x);
      }
      override backward(gy: Variable): Variable | Variable[] {
        return this.answer(gy);
      }
    }
    const x = variable([1, 2]);
    const run = (answer: (gy: Variable) => Variable | Variable[]) => () =>
      new Wrong(answer).apply(x).backward({ gradient: [1, 1] });
    expect(run((gy) => sumTo(gy, [1]))).toThrow(
      "Wrong.backward gave a gradient of shape (1,), float32 for input 0; expected (2,), float32",
    );
    expect(run((gy) => gy.astype("float64"))).toThrow("gave a gradient of shape (2,), float64 for input 0");
    expect(run((gy) => [gy, gy])).toThrow("Wrong.backward returned 2 gradients; expected 1");
    expect(x.grad).toBeNull();
  });
});

describe("a pass inside a pass", () => {
  /** exp, whose backward differentiates exp again by a pass of its own over the graph being walked. */
  class Nested extends Function {
    constructor(
      private readonly around: Variable,
      private readonly leaf: Variable,
    ) {
      super();
    }
    override forward(x: NDArray): NDArray {
      return unary("exp", x);
    }
    override backward(gy: Variable): Variable {
      const [inner] = grad(this.around, this.leaf);
      return mul(mul(gy, this.output()), mul(inner!, 0).add(1));
    }
  }

  test("does not disturb the pass around it", () => {
    const x = variable(0.5, { dtype: "float64" });
    const shared = square(x);
    const y = add(mul(shared, x), new Nested(mul(shared, shared), x).apply(shared));
    y.backward();
    const expected = 3 * 0.25 + Math.exp(0.25) * 2 * 0.5;
    expect(x.grad!.item()).toBeCloseTo(expected, 12);
  });

  test("from a hook", () => {
    const x = variable(2);
    const a = square(x);
    const product = mul(square(x), x);
    let inner = 0;
    a.onGrad(() => {
      inner = grad(product, x)[0]!.item();
    });
    add(mul(a, 3), x).backward();
    expect(inner).toBe(12);
    expect(x.grad!.item()).toBe(13);
  });
});

describe("where there is no graph", () => {
  test("noGrad", () => {
    const x = variable(2);
    const y = noGrad(() => square(x));
    expect([y.creator, y.requiresGrad]).toEqual([null, false]);
    expect(() => y.backward()).toThrow(
      "backward: no graph leads to this Variable of shape (): it was computed inside noGrad",
    );
  });

  test("several elements without a gradient", () => {
    expect(() => square(variable([1, 2])).backward()).toThrow(
      "backward: the output has shape (2,); expected a single element, or a gradient of that shape",
    );
    expect(() => square(variable([1, 2])).backward({ gradient: [1, 2, 3] })).toThrow(
      "backward: the gradient has shape (3,) and the output (2,); expected equal shapes",
    );
  });

  test("unchain and unchainBackward", () => {
    const x = variable(2);
    const a = square(x);
    const b = mul(a, 3);
    a.unchain();
    expect(a.requiresGrad).toBe(false);
    b.backward();
    expect(x.grad).toBeNull();

    let h = variable(1);
    const w = variable(2);
    for (let t = 0; t < 5; t++) {
      h = mul(h, w);
      const loss = mul(h, 1);
      loss.backward();
      // The loss keeps its own function; h, which it was computed from, is cut off.
      loss.unchainBackward();
      expect([loss.creator === null, h.creator]).toEqual([false, null]);
    }
    expect(w.grad!.item()).toBe(1 + 2 + 4 + 8 + 16);
  });

  test("a leaf has nothing behind it to be cut off", () => {
    const x = variable([1, 2]);
    x.unchainBackward();
    x.unchain();
    expect([x.creator, x.requiresGrad]).toEqual([null, true]);
  });

  test("detach shares the value and nothing else", () => {
    const x = variable([1, 2]);
    const d = square(x).detach();
    expect(numbers(d)).toEqual([1, 4]);
    expect([d.creator, d.requiresGrad]).toEqual([null, false]);
  });

  test("requiresGrad is settable on leaves only", () => {
    const x = variable(2);
    expect(() => {
      square(x).requiresGrad = false;
    }).toThrow("requiresGrad: only a leaf can be told");
    x.requiresGrad = false;
    expect(square(x).requiresGrad).toBe(false);
  });

  test("a Function object is applied once", () => {
    const fn = new Multiples();
    fn.applyMany(variable([1]));
    expect(() => fn.applyMany(variable([1]))).toThrow(
      "Multiples: a Function object is applied once; expected a new one",
    );
  });
});

describe("a watch of leaves", () => {
  /** Runs `backward` and lists what the watch is told: names of leaves, with their gradients, and steps. */
  function told(backward: () => void): string[] {
    const list: string[] = [];
    setLeafWatch({
      usesOf: (ys) => new LeafUses(ys),
      whole: (leaf, gradient) => list.push(`${leaf.name} ${gradient.item()}`),
      onWay: () => list.push("step"),
    });
    try {
      backward();
    } finally {
      setLeafWatch(null);
    }
    return list;
  }

  const named = (name: string, value: number) => variable(value, { name, dtype: "float64" });

  test("hears of each leaf when all functions that use it have been gone through, and not before", () => {
    const [early, late] = [named("early", 2), named("late", 3)];
    const a = mul(late, 5);
    const y = add(mul(a, early), mul(a, 7));
    expect(told(() => y.backward())).toEqual(["step", "early 15", "step", "step", "late 45", "step"]);
    expect([early.grad!.item(), late.grad!.item()]).toEqual([15, 45]);
  });

  test("a leaf that one function takes twice, and one that is an output itself, are whole once", () => {
    const x = named("x", 3);
    expect(told(() => mul(x, x).backward())).toEqual(["x 6", "step"]);
    const z = named("z", 3);
    expect(told(() => z.backward())).toEqual([]);
    expect(z.grad!.item()).toBe(1);
  });

  test("hears nothing of constants, of grad, and of gradients that are to be differentiated", () => {
    const x = named("x", 3);
    const c = constant(4);
    expect(told(() => mul(x, c).backward())).toEqual(["x 4", "step"]);
    expect(told(() => void grad(mul(x, c), x))).toEqual([]);
    expect(told(() => mul(x, c).backward({ createGraph: true }))).toEqual([]);
  });
});
