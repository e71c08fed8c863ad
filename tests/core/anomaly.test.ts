import { anomalyWatch } from "../../core/function.js";
import {
  AnomalyError,
  constant,
  detectAnomaly,
  Function,
  grad,
  type NDArray,
  type Variable,
  variable,
} from "../../core/index.js";
import { unary } from "../../core/numeric.js";
import * as F from "../../functions/index.js";
import { Embedding, Layer, Sequential } from "../../nn/index.js";

function messageOf(run: () => unknown): string {
  try {
    detectAnomaly(run);
  } catch (error) {
    expect(error).toBeInstanceOf(AnomalyError);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

test("a gradient that is not finite names the function, its input and where it was called", () => {
  const x = variable([4, 0, 9], { name: "x" });
  const message = messageOf(function computesRoots() {
    F.sqrt(x).sum().backward();
  });
  expect(message).toMatch(
    /^sqrt\.backward gave Infinity for input 0 \(x\) of shape \(3,\), called\n {4}at computesRoots/,
  );
  expect(message).toContain("anomaly.test.ts");
  expect(message).not.toMatch(/core\/function|functions\//);
  expect(message).not.toMatch(/detectAnomaly|messageOf/);
  expect(x.grad).toBeNull();
});

test("an output that is not finite names what made it, back to finite numbers", () => {
  const x = variable([1, 1000, 3], { name: "x" });
  const overflow = () => F.exp(x);
  const message = messageOf(() => {
    const e = overflow();
    e.div(e.sum()).mul(2).sum().backward();
  });
  expect(message).toMatch(/^the output of shape \(\) has NaN: Div made NaN, of shape \(3,\), called\n/);
  expect(message).toMatch(/\nof what exp made Infinity, of shape \(3,\), called\n {4}at overflow/);
});

test("numbers that are not finite from the start are told from those that a function makes", () => {
  const message = messageOf(() =>
    F.mul(variable([1, 2]), constant([Number.NaN, 1], { name: "data" }))
      .sum()
      .backward(),
  );
  expect(message).toBe("the output of shape () has NaN: the Variable (data) of shape (2,) has NaN from the start");
});

test("an infinity that does not reach the output is none of its business", () => {
  const scores = variable([[0, 1, 2]]);
  const mask = constant([[0, 0, Number.NEGATIVE_INFINITY]]);
  detectAnomaly(() =>
    F.softmax(scores.add(mask))
      .mul([[1, 2, 3]])
      .sum()
      .backward(),
  );
  expect(scores.grad!.toArray()).toEqual([[expect.any(Number), expect.any(Number), 0]]);
});

test("layers are in the calls that are named", () => {
  class Logarithm extends Layer {
    override forward(x: Variable): Variable {
      return F.log(x);
    }
  }
  const x = variable([[-1, 1]]);
  const message = messageOf(() => new Sequential(new Logarithm()).forward(x).sum().backward());
  expect(message).toMatch(/log made NaN.*called\n {4}at Logarithm\.forward .*\n {4}at Sequential\.forward/);
});

test("a hook and the gradient to start from are blamed for their own", () => {
  const x = variable([1, 2]);
  const y = x.mul(2);
  const remove = y.onGrad((g) => g.div(0));
  expect(messageOf(() => y.sum().backward())).toBe(
    "a hook gave Infinity as the gradient of the Variable of shape (2,)",
  );
  remove();
  expect(messageOf(() => x.mul(2).backward({ gradient: [1, Number.NaN] }))).toBe("the gradient to start from has NaN");
});

test("the gradient of a gradient is checked too", () => {
  const x = variable([0, 1], { dtype: "float64" });
  const message = messageOf(() => {
    const [gx] = grad(F.pow(x, 1.5).sum(), x, { createGraph: true });
    gx!.sum().backward();
  });
  expect(message).toMatch(/backward gave Infinity for input 0/);
});

test("large numbers whose squares overflow are finite", () => {
  const x = variable([1e30, -2e30]);
  detectAnomaly(() => x.mul(3e5).sum().backward());
  expect(x.grad!.toArray()).toEqual([300000, 300000].map(Math.fround));
  const wide = variable([1e200, -2e200], { dtype: "float64" });
  detectAnomaly(() => wide.mul(3).sum().backward());
  expect(wide.grad!.toArray()).toEqual([3, 3]);
});

test("the gradient of few rows stays one", () => {
  const table = new Embedding({ vocabSize: 2000, nOut: 16 });
  detectAnomaly(() =>
    table
      .forward([[3, 5]] as never)
      .sum()
      .backward(),
  );
  expect(table.W.peekGrad()!.constructor.name).toBe("RowGradient");
  expect((table.W.peekGrad() as unknown as { rows: unknown }).rows).not.toBeNull();
});

test("a function of one's own is named by its class", () => {
  class Broken extends Function {
    override forward(x: NDArray): NDArray {
      return unary("square", x);
    }

    override backward(gy: Variable): Variable {
      return gy.mul(Number.NaN);
    }
  }
  const x = variable([1]);
  expect(messageOf(() => new Broken().apply(x).backward())).toMatch(/^Broken\.backward gave NaN for input 0/);
});

test("nothing is left of it afterwards, also when what it ran throws", () => {
  const limit = Error.stackTraceLimit;
  // @ts-expect-error the types know that the shapes do not fit
  expect(() => detectAnomaly(() => F.matmul([[1]], [[1], [2]]))).toThrow("matmul");
  expect(anomalyWatch).toBeNull();
  expect(Error.stackTraceLimit).toBe(limit);
  expect(detectAnomaly(() => detectAnomaly(() => 3))).toBe(3);
  expect(anomalyWatch).toBeNull();
  const x = variable([0]);
  F.sqrt(x).backward();
  expect(x.grad!.item()).toBe(Number.POSITIVE_INFINITY);
  expect(() => detectAnomaly(async () => 1)).toThrow("detectAnomaly: expected a synchronous function");
});

test("which kind of infinity it is", () => {
  const x = variable([1, 0, 2], { name: "x" });
  expect(messageOf(() => F.log(x).sum().backward())).toMatch(
    /^the output of shape \(\) has -Infinity: log made -Infinity, of shape \(3,\)/,
  );
  expect(messageOf(() => F.div(1, x).sum().backward())).toMatch(/^the output of shape \(\) has Infinity: /);
});

test("a function that was called before the watch began is named without its call", () => {
  const x = variable([0, 4], { name: "x" });
  const y = F.sqrt(x).sum();
  expect(messageOf(() => y.backward())).toBe(
    "sqrt.backward gave Infinity for input 0 (x) of shape (2,), called before detectAnomaly",
  );
});
