import { add, exp, mul, sigmoid, square, tanh } from "../../functions/index.js";
import { array, type Variable, variable } from "../../index.js";

/** What is in place before backward and whether it spoils what backward needs. */
const cases: [name: string, run: (x: Variable) => { y: Variable; change: () => void }, noticed: boolean][] = [
  ["the input of mul, by assign", (x) => ({ y: mul(x, x), change: () => void x.data.assign(array([5, 5])) }), true],
  [
    "the input of mul, through a view",
    (x) => ({ y: mul(x, x), change: () => void x.data.reshape([2, 1]).assign(array(5)) }),
    true,
  ],
  [
    "the input of mul, by another array",
    (x) => ({
      y: mul(x, x),
      change: () => {
        x.data = array([5, 5]);
      },
    }),
    true,
  ],
  [
    "the input of add, which add does not need",
    (x) => ({ y: add(x, x), change: () => void x.data.assign(array([5, 5])) }),
    false,
  ],
  [
    "the output of exp",
    (x) => {
      const e = exp(x);
      return { y: mul(e, 2), change: () => void e.data.assign(array([5, 5])) };
    },
    true,
  ],
  [
    "the input of exp, which needs only its output",
    (x) => ({ y: exp(x), change: () => void x.data.assign(array([5, 5])) }),
    false,
  ],
  [
    "the output of tanh through a view",
    (x) => {
      const t = tanh(x);
      return { y: add(t, 1), change: () => void t.data.transpose().assign(array([5, 5])) };
    },
    true,
  ],
  [
    "an array beside it in the same slab",
    (x) => {
      const other = array([1, 2]);
      return { y: square(x), change: () => void other.assign(array([5, 5])) };
    },
    false,
  ],
  [
    "the output of sigmoid after it was read",
    (x) => {
      const s = sigmoid(x);
      return { y: add(s, 1), change: () => void s.toArray() };
    },
    false,
  ],
];

test.each(cases)("%s", (_name, run, noticed) => {
  const x = variable([1, 2]);
  const { y, change } = run(x);
  change();
  const backward = () => y.backward({ gradient: [0.5, -2] });
  if (noticed) {
    expect(backward).toThrow(/backward: (input|output) \d.* was changed in place after forward saved it/);
    expect(x.grad).toBeNull();
  } else {
    expect(backward).not.toThrow();
    expect(x.grad).not.toBeNull();
  }
});

test("the message names the function, the input and its shape", () => {
  const w = variable([[1, 2]], { name: "W" });
  const y = square(w);
  w.data.assign(array([[3, 4]]));
  expect(() => y.backward({ gradient: [[1, 1]] })).toThrow(
    "square.backward: input 0 (W) of shape (1, 2) was changed in place after forward saved it; " +
      "expected it unchanged until backward, or a copy for forward",
  );
});

test("a change before forward is no change", () => {
  const x = variable([1, 2]);
  x.data.assign(array([3, 4]));
  square(x).backward({ gradient: [1, 1] });
  expect(x.grad!.toArray()).toEqual([6, 8]);
});
