import { grad } from "../../core/backward.js";
import { array } from "../../core/creation.js";
import { ArgumentError, GradcheckError } from "../../core/errors.js";
import { Function, type InputGradients } from "../../core/function.js";
import { gradcheck } from "../../core/gradcheck.js";
import type { NDArray } from "../../core/ndarray.js";
import { binary, softmax as softmaxArray, unary } from "../../core/numeric.js";
import { generator, seed } from "../../core/rng.js";
import { constant, type Variable, variable } from "../../core/variable.js";
import { add, mul, neg } from "../../functions/arithmetic.js";
import { astype } from "../../functions/dtype.js";
import { exp, log } from "../../functions/math.js";
import { sumTo } from "../../functions/shape.js";

const x23 = [
  [0.5, -1.2, 0.3],
  [1.7, 0.4, -0.6],
];
const y23 = [
  [-0.9, 0.8, 1.1],
  [0.2, -1.4, 0.7],
];

/** A function with the given derivative: what gradcheck must find out about. */
function made(
  forward: (...xs: NDArray[]) => NDArray,
  backward: (gy: Variable, inputs: readonly Variable[], y: Variable) => InputGradients,
): (...xs: Variable[]) => Variable {
  return (...xs) => {
    class Made extends Function {
      override forward(...arrays: NDArray[]): NDArray {
        return forward(...arrays);
      }

      override backward(gy: Variable): InputGradients {
        return backward(gy, this.inputs, this.output());
      }
    }
    return new Made().apply(...xs);
  };
}

const square = (x: NDArray) => binary("mul", x, x);
const product = (a: NDArray, b: NDArray) => binary("mul", a, b);

function message(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    if (error instanceof GradcheckError) return error.message;
    throw error;
  }
  throw new Error("expected a GradcheckError");
}

describe("functions that are right", () => {
  test.each([1, 2, 3])("pass at order %i", (order) => {
    expect(gradcheck((a, b) => mul(exp(mul(a, b)), a), [x23, y23], { order })).toBe(true);
    expect(gradcheck((a, b) => [add(a, b), mul(a, b)], [x23, [0.4, -0.2, 0.9]], { order })).toBe(true);
    expect(gradcheck((a) => a, [x23], { order })).toBe(true);
    expect(
      gradcheck(
        made(square, (gy, [x]) => mul(mul(gy, 2), x!)),
        [x23],
        { order },
      ),
    ).toBe(true);
  });

  test("take scalars, empty arrays, Variables of any dtype, integers and bools", () => {
    expect(gradcheck((a) => mul(a, a), [2.5], { order: 2 })).toBe(true);
    expect(gradcheck((a) => mul(a, a), [array([], { dtype: "float64" })], { order: 2 })).toBe(true);
    expect(gradcheck((a) => sumTo(mul(a, a), [1]), [[]], { order: 2 })).toBe(true);
    expect(gradcheck((a, n, m) => mul(mul(a, n), m), [variable(x23), array([1, 2, 3], { dtype: "int32" }), true])).toBe(
      true,
    );
    expect(gradcheck((n, a) => mul(a, n), [array([2, 3], { dtype: "int32" }), 0.5], { order: 2 })).toBe(true);
  });

  test("pass integers as they are and floats as float64 copies that require a gradient", () => {
    const original = variable([1, 2]);
    const seen: Variable[] = [];
    gradcheck(
      (a, n) => {
        seen.push(a, n);
        return mul(a, n);
      },
      [original, array([1, 2], { dtype: "int32" })],
    );
    expect([seen[0]!.dtype, seen[0]!.requiresGrad, seen[1]!.dtype, seen[1]!.requiresGrad]).toEqual([
      "float64",
      true,
      "int32",
      false,
    ]);
    expect(seen.every((x) => x !== original)).toBe(true);
    expect(original.grad).toBeNull();
  });

  test("may ignore an input or an integer output, and have a constant output", () => {
    expect(gradcheck((a) => [exp(a), constant([3, 4])], [x23, y23], { order: 2 })).toBe(true);
    expect(gradcheck((a) => [astype(a, "int32"), exp(a)], [x23], { order: 2 })).toBe(true);
    expect(gradcheck(() => constant(2, { dtype: "float64" }), [x23], { order: 2 })).toBe(true);
  });

  test("may use gradients themselves", () => {
    const slope = (a: Variable) => grad([mul(mul(a, a), a)], [a], { gradYs: [a], createGraph: true })[0]!;
    expect(gradcheck(slope, [x23], { order: 2 })).toBe(true);
  });

  test("keep their precision far from 1", () => {
    expect(gradcheck((a) => mul(a, a), [[1e6, -3e7, 2e-9]], { order: 2 })).toBe(true);
    expect(gradcheck((a) => exp(a), [[12, -20]], { order: 2 })).toBe(true);
    expect(gradcheck((a) => log(a), [[1e-3, 1e-4]])).toBe(true);
  });

  test("are checked at a point beside their kinks", () => {
    const relu = made(
      (x) => unary("relu", x),
      (gy, [x]) => mul(gy, constant(unary("sign", unary("relu", x!.data)))),
    );
    expect(
      gradcheck(
        relu,
        [
          [
            [0, 0, 1],
            [-1, 0, 0],
          ],
        ],
        { order: 2 },
      ),
    ).toBe(true);
    expect(gradcheck(relu, [[1e-6, -3e-6, 2e-6, 9e-6]], { order: 2 })).toBe(true);
  });

  test("are checked at a point beside their jumps, also where the value lies halfway", () => {
    const sign = made(
      (x) => unary("sign", x),
      (gy) => mul(gy, 0),
    );
    expect(gradcheck(sign, [[0, 1, -1, 0]], { order: 2 })).toBe(true);
    expect(gradcheck(sign, [[1e-6, -3e-6, 2e-6, 9e-6]], { order: 2 })).toBe(true);
  });

  test("may draw random numbers after seed, and the global generator stays untouched", () => {
    const noisy = (x: Variable) => {
      seed(3);
      return mul(x, constant([generator.normal(), generator.normal()], { dtype: "float64" }));
    };
    expect(gradcheck(noisy, [[1, 2]], { order: 2 })).toBe(true);
    seed(5);
    const expected = generator.bits();
    seed(5);
    gradcheck(exp, [x23]);
    expect(generator.bits()).toBe(expected);
  });
});

describe("functions with a wrong gradient", () => {
  const wrong: [string, (...xs: Variable[]) => Variable | Variable[], number[][][], RegExp][] = [
    [
      "a wrong factor",
      made(square, (gy, [x]) => mul(mul(gy, 2.001), x!)),
      [x23],
      /argument 0 of shape \(2, 3\).*index \(0, 0\) \(flat 0\)/,
    ],
    ["a wrong sign", made(square, (gy, [x]) => mul(mul(gy, -2), x!)), [x23], /argument 0/],
    [
      "a wrong sign in the last element",
      made(
        (x) => unary("exp", x),
        (gy, _, y) => mul(mul(gy, y), lastNegated()),
      ),
      [x23],
      /index \(1, 2\) \(flat 5\)/,
    ],
    [
      "the gradients of two inputs swapped",
      made(product, (gy, [a, b]) => [mul(gy, a!), mul(gy, b!)]),
      [x23, y23],
      /argument 0/,
    ],
    [
      "no gradient for the second input",
      made(product, (gy, [, b]) => [mul(gy, b!), null]),
      [x23, y23],
      /argument 1.*analytic 0,/,
    ],
    [
      "a gradient that ignores the cotangent",
      made(
        (x) => unary("exp", x),
        (_gy, _x, y) => y,
      ),
      [x23],
      /argument 0/,
    ],
    [
      "a cotangent used twice",
      made(
        (x) => unary("exp", x),
        (gy, _, y) => mul(mul(gy, gy), y),
      ),
      [x23],
      /argument 0/,
    ],
    [
      "a softmax whose gradient is zero",
      made(
        (x) => softmaxArray(x, 1, false),
        (gy) => mul(gy, 0),
      ),
      [x23],
      /analytic 0, numeric/,
    ],
    ["a path that was cut", (x) => mul(x, x.detach()), [x23], /argument 0/],
    ["no graph at all", (x) => mul(x.detach(), 2), [x23], /no graph leads/],
    ["one of two outputs cut", (x) => [mul(x, x), exp(x.detach())], [x23], /argument 0/],
  ];

  test.each(wrong)("fail: %s", (_, f, inputs, text) => {
    expect(message(() => gradcheck(f, inputs))).toMatch(text);
    expect(message(() => gradcheck(f, inputs, { order: 2 }))).toMatch(/order 1/);
  });

  const wrongSecond: [string, (...xs: Variable[]) => Variable, number[][][], RegExp][] = [
    [
      "a backward that detaches its input",
      made(square, (gy, [x]) => mul(mul(gy, 2), x!.detach())),
      [x23],
      /order 2: the gradient for argument 0/,
    ],
    [
      "a backward that detaches the cotangent",
      made(square, (gy, [x]) => mul(mul(gy.detach(), 2), x!)),
      [x23],
      /the cotangent of output 0/,
    ],
    [
      "a backward that detaches everything",
      made(
        (x) => unary("exp", x),
        (gy, _, y) => mul(gy, y).detach(),
      ),
      [x23],
      /no graph leads/,
    ],
    [
      "a product whose backward detaches one side",
      made(product, (gy, [a, b]) => [mul(gy, b!.detach()), mul(gy, a!)]),
      [x23, y23],
      /argument 1/,
    ],
    [
      "a gradient with a wrong gradient",
      made(square, (gy, [x]) => mul(gy, wrongDouble(x!))),
      [x23],
      /order 2: the gradient for argument 0/,
    ],
  ];

  test.each(wrongSecond)("fail at order 2 only: %s", (_, f, inputs, text) => {
    expect(gradcheck(f, inputs)).toBe(true);
    const found = message(() => gradcheck(f, inputs, { order: 2 }));
    expect(found).toMatch(/order 2/);
    expect(found).toMatch(text);
  });

  test("fail at order 3 only: a derivative detached in the second backward", () => {
    const gradient = made(
      (x) => binary("mul", square(x), array(3, { dtype: "float64" })),
      (gy, [x]) => mul(mul(gy, 6), x!.detach()),
    );
    const cube = made(
      (x) => binary("mul", square(x), x),
      (gy, [x]) => mul(gy, gradient(x!)),
    );
    expect(gradcheck(cube, [x23], { order: 2 })).toBe(true);
    expect(message(() => gradcheck(cube, [x23], { order: 3 }))).toMatch(/order 3/);
  });

  test("fail in an element that was not sampled, by the inner product", () => {
    const x = Float64Array.from({ length: 500 }, (_, i) => 1 + i / 500);
    const factor = constant(x.map((_, i) => (i === 321 ? 2.1 : 2)));
    const f = made(square, (gy, [a]) => mul(mul(gy, factor), a!));
    expect(message(() => gradcheck(f, [x], { samples: 500 }))).toMatch(/index \(321,\) \(flat 321\)/);
    expect(message(() => gradcheck(f, [x], { samples: 5 }))).toMatch(/along a random direction/);
  });

  test("fail in elements of an input that has more than are checked", () => {
    const x = Float64Array.from({ length: 500 }, (_, i) => 1 + i / 500);
    const factor = constant(x.map((_, i) => 2 + 0.01 * (i % 2)));
    const f = made(square, (gy, [a]) => mul(mul(gy, factor), a!));
    expect(message(() => gradcheck(f, [x], { samples: 20 }))).toMatch(/wrong at index \(\d*[13579],\)/);
  });

  test("fail far from 1 too", () => {
    const f = made(square, (gy, [x]) => mul(mul(gy, 2.0001), x!));
    expect(message(() => gradcheck(f, [[1e8, 3]]))).toMatch(/flat 0/);
  });

  test("fail also when the point lies on a kink", () => {
    const f = made(
      (x) => unary("abs", x),
      (gy) => gy,
    );
    expect(message(() => gradcheck(f, [[0, 0, 0, 0]]))).toMatch(/argument 0/);
  });

  test("the message names function, order, argument, index, both values and the tolerance", () => {
    const tripled = made(square, (gy, [x]) => mul(mul(gy, 3), x!));
    function cubed(x: Variable): Variable {
      return tripled(x);
    }
    const text = message(() => gradcheck(cubed, [2]));
    expect(text).toMatch(
      /^gradcheck of cubed, order 1: the gradient for argument 0 of shape \(\) is wrong: analytic -?[\d.]+, numeric -?[\d.]+; expected a difference of at most \d\.\de-\d$/,
    );
    const [analytic, numeric] = [...text.matchAll(/(?:analytic|numeric) (-?[\d.]+\d)/g)].map((m) => Number(m[1]));
    expect(analytic! / numeric!).toBeCloseTo(3 / 2, 6);
    expect(message(() => gradcheck((x) => tripled(x), [2]))).toMatch(/^gradcheck of Made, order 1/);
  });

  function lastNegated(): Variable {
    return constant(
      [
        [1, 1, 1],
        [1, 1, -1],
      ],
      { dtype: "float64" },
    );
  }

  function wrongDouble(x: Variable): Variable {
    return made(
      (a) => binary("add", a, a),
      (gy) => mul(gy, 2.1),
    )(x);
  }
});

describe("what cannot be checked", () => {
  test("arguments", () => {
    expect(() => gradcheck((n) => n, [array([1], { dtype: "int32" }), true])).toThrow(
      new ArgumentError("gradcheck: no input is floating-point: got int32, bool; expected float32 or float64"),
    );
    expect(() => gradcheck(() => constant(1), [])).toThrow(/no input is floating-point: got no inputs/);
    expect(() => gradcheck((x) => astype(x, "int32"), [x23])).toThrow(/no output of .* is floating-point/);
    expect(() => gradcheck((() => 3) as never, [x23])).toThrow(/expected a function that returns Variables, got 3/);
    expect(() => gradcheck(exp, [x23], { order: 0 })).toThrow(/an integer of 1 or more for order, got 0/);
    expect(() => gradcheck(exp, [x23], { eps: 0 })).toThrow(/between 0 and 1 for eps, got 0/);
  });

  test("values that are not finite", () => {
    const wrongLog = made(
      (x) => unary("log", x),
      (gy) => gy,
    );
    expect(message(() => gradcheck(wrongLog, [[1, 0, 2]]))).toBe(
      "gradcheck of Made, order 1: output 0 of shape (3,) is -Infinity at index (1,) (flat 1); expected finite values at the inputs",
    );
    const infinite = made(square, (gy) => mul(gy, Number.POSITIVE_INFINITY));
    expect(message(() => gradcheck(infinite, [x23]))).toMatch(
      /argument 0 of shape \(2, 3\) is -?Infinity at index \(0, 0\)/,
    );
  });

  test("a function that is not differentiable anywhere near, or not twice the same", () => {
    const bits = made(
      (x) => unary("sin", binary("mul", x, array(1e9, { dtype: "float64" }))),
      (gy) => gy,
    );
    expect(message(() => gradcheck(bits, [[0.5, 0.7]]))).toMatch(/argument 0|one-sided differences disagree/);
    let calls = 0;
    expect(message(() => gradcheck((x) => add(x, calls++), [x23]))).toMatch(
      /two calls at the same point give different values/,
    );
  });

  test("a function that steps", () => {
    const coarse = made(
      (x) => x.astype("float32").astype("float64"),
      (gy) => gy,
    );
    expect(message(() => gradcheck(coarse, [[0.5, 0.7]], { eps: 1e-7 }))).toMatch(
      /one-sided differences disagree|argument 0/,
    );
    expect(gradcheck((x) => neg(x), [x23], { eps: 1e-3 })).toBe(true);
  });
});
