import * as kernels from "../../core/backend/dispatch.js";
import { setThreads, threadCount } from "../../core/backend/parallel.js";
import { grad } from "../../core/backward.js";
import { randomNormal } from "../../core/creation.js";
import type { DType } from "../../core/dtype.js";
import { seed } from "../../core/rng.js";
import { slice } from "../../core/slicing.js";
import { constant, type Operand, type Variable, variable } from "../../core/variable.js";
import { relu } from "../../functions/activation.js";
import { mul } from "../../functions/arithmetic.js";
import { gru } from "../../functions/gru.js";
import { getItem } from "../../functions/indexing.js";
import { lstm } from "../../functions/lstm.js";
import { sigmoid, tanh } from "../../functions/math.js";
import type { RecurrentActivation } from "../../functions/recurrent.js";
import { sum } from "../../functions/reduce.js";
import { rnn } from "../../functions/rnn.js";

const threads = threadCount();
afterEach(() => setThreads(threads));
beforeEach(() => seed(21));

type Numbers = { toTypedArray(): ArrayLike<number> };

function expectClose(actual: Numbers, expected: Numbers, tolerance: number, context = ""): void {
  const [got, wanted] = [Array.from(actual.toTypedArray()), Array.from(expected.toTypedArray())];
  expect(got.length).toBe(wanted.length);
  const wrong = got.flatMap((v, i) =>
    Math.abs(v - wanted[i]!) <= tolerance * Math.max(1, Math.abs(wanted[i]!))
      ? []
      : [`${context} ${i}: ${v}, ${wanted[i]}`],
  );
  expect(wrong).toEqual([]);
}

/** A network, with the operands it takes. */
interface Network {
  call(xs: readonly Variable[], options: { reverse?: boolean; activation?: RecurrentActivation }): Variable[];
  operands(steps: number, rows: number, inputs: number, width: number): number[][];
  /** How many products over all steps the gradient of each operand takes. */
  products: number[];
  /** The activation of the Function over the whole sequence. */
  activation: (x: Variable) => Variable;
}

const networks: Record<string, Network> = {
  lstm: {
    call: ([x, h, c, Wx, Wh, b], options) => lstm(x!, h!, c!, Wx!, Wh!, b!, options),
    operands: (T, N, I, H) => [[T, N, I], [N, H], [N, H], [I, 4 * H], [H, 4 * H], [4 * H]],
    products: [1, 0, 0, 1, 1, 0],
    activation: tanh,
  },
  gru: {
    call: ([x, h, Wx, Wh, bx, bh], options) => gru(x!, h!, Wx!, Wh!, bx!, bh!, options),
    operands: (T, N, I, H) => [[T, N, I], [N, H], [I, 3 * H], [H, 3 * H], [3 * H], [3 * H]],
    products: [1, 0, 1, 1, 0, 0],
    activation: tanh,
  },
  "rnn with tanh": {
    call: ([x, h, Wx, Wh, b], options) => rnn(x!, h!, Wx!, Wh!, b!, options),
    operands: (T, N, I, H) => [[T, N, I], [N, H], [I, H], [H, H], [H]],
    products: [1, 0, 1, 1, 0],
    activation: tanh,
  },
  "rnn with relu": {
    call: ([x, h, Wx, Wh, b], options) => rnn(x!, h!, Wx!, Wh!, b!, { activation: "relu", ...options }),
    operands: (T, N, I, H) => [[T, N, I], [N, H], [I, H], [H, H], [H]],
    products: [1, 0, 1, 1, 0],
    activation: relu,
  },
};

/** Random operands; the weights are scaled so that gates do not saturate. */
function draw(shapes: readonly number[][], dtype: DType): Variable[] {
  return shapes.map((shape) => {
    const scale = shape.length === 2 ? 1 / Math.sqrt(shape[0]!) : 1;
    return variable(mul(randomNormal(shape, { dtype }), scale).data);
  });
}

const normalLike = (y: Variable) => randomNormal(y.shape, { dtype: y.dtype });

/** The activation in a function of its own, which makes the network run step by step. */
const hidden = ({ activation }: Network) => ({ activation: (x: Variable) => activation(x) });

const SIZES: [steps: number, rows: number, inputs: number, width: number][] = [
  [1, 1, 1, 1],
  [3, 1, 2, 5],
  [5, 7, 3, 17],
  [2, 17, 5, 3],
  [7, 3, 17, 7],
  [4, 33, 20, 40],
];

describe.each(Object.entries(networks))("%s as one Function", (_, network) => {
  test.each([
    ["float64", 1e-12],
    ["float32", 2e-5],
  ] as const)(
    "has the values and gradients of the composed form in %s, on any number of threads",
    (dtype, tolerance) => {
      for (const size of SIZES) {
        for (const reverse of [false, true]) {
          const xs = draw(network.operands(...size), dtype);
          const expected = network.call(xs, { reverse, ...hidden(network) });
          const gradYs = expected.map(normalLike);
          const wanted = grad(expected, xs, { gradYs });
          for (const n of [1, 2, 3, 4]) {
            setThreads(n);
            const actual = network.call(xs, { reverse });
            actual.forEach((y, i) => {
              expectClose(y, expected[i]!, tolerance, `${size} output`);
            });
            grad(actual, xs, { gradYs }).forEach((g, i) => {
              expectClose(g, wanted[i]!, tolerance, `${size} gradient of ${i}`);
            });
          }
          setThreads(threads);
        }
      }
    },
  );

  test("makes one node, and the composed form many", () => {
    const xs = draw(network.operands(5, 2, 3, 4), "float32");
    const ys = network.call(xs, {});
    expect(new Set(ys.map((y) => y.creator)).size).toBe(1);
    expect(ys[0]!.creator!.inputs).toEqual(xs);
    expect(network.call(xs, hidden(network))[0]!.generation).toBeGreaterThan(5);
  });

  test("takes gradients of one output alone", () => {
    const xs = draw(network.operands(3, 2, 3, 5), "float64");
    const expected = network.call(xs, hidden(network));
    const actual = network.call(xs, {});
    actual.forEach((y, i) => {
      const gradYs = [normalLike(y)];
      const wanted = grad([expected[i]!], xs, { gradYs, allowUnused: true });
      grad([y], xs, { gradYs }).forEach((g, k) => {
        expectClose(g, wanted[k]!, 1e-12, `output ${i}, gradient of ${k}`);
      });
    });
  });

  test("runs in halves, with the states carried over", () => {
    const [x, ...rest] = draw(network.operands(6, 3, 4, 5), "float64");
    const whole = network.call([x!, ...rest], {});
    const states = rest.slice(0, whole.length - 1);
    const weights = rest.slice(states.length);
    const half = (from: number) => constant(x!.data.slice(slice(from, from + 3)));
    const first = network.call([half(0), ...states, ...weights], {});
    const second = network.call([half(3), ...first.slice(1), ...weights], {});
    second.slice(1).forEach((y, i) => {
      expectClose(y, whole[i + 1]!, 1e-14);
    });
  });

  test("computes products only for gradients that are needed", () => {
    const xs = draw(network.operands(3, 2, 3, 4), "float64");
    const products = xs.map((x) => {
      const y = network.call(xs, {})[0]!;
      const spy = jest.spyOn(kernels, "matmul");
      grad([y], [x], { gradYs: [normalLike(y)] });
      const { length } = spy.mock.calls;
      spy.mockRestore();
      return length;
    });
    expect(products).toEqual(network.products);
  });

  test("can be differentiated again where inputs depend on each other", () => {
    const shapes = network.operands(3, 2, 4, 4);
    const second = (options: object): Variable[] => {
      seed(3);
      const [x, , ...rest] = draw(shapes, "float64");
      const inputs = [x!, ...rest];
      const h = tanh(getItem(x!, 0));
      const ys = network.call([x!, h, ...rest], options);
      const gs = grad(ys, inputs, { gradYs: ys.map(normalLike), createGraph: true });
      return grad(gs, inputs, { gradYs: gs.map(normalLike), allowUnused: true });
    };
    const expected = second(hidden(network));
    second({}).forEach((g, i) => {
      expectClose(g, expected[i]!, 1e-11, `second gradient of ${i}`);
    });
  });

  test("notices outputs that were changed", () => {
    const xs = draw(network.operands(2, 2, 3, 4), "float32");
    const [y] = network.call(xs, {});
    const loss = sum(y!);
    y!.data.assign(y!.data.copy());
    expect(() => loss.backward()).toThrow("backward: the outputs were changed in place");
  });

  test("leaves the graph usable for another backward", () => {
    const xs = draw(network.operands(3, 5, 3, 6), "float32");
    const ys = network.call(xs, {});
    const gradYs = ys.map(normalLike);
    const once = grad(ys, xs, { gradYs }).map((g) => g.toArray());
    expect(grad(ys, xs, { gradYs }).map((g) => g.toArray())).toEqual(once);
  });
});

describe("operands", () => {
  const shapes = networks.lstm!.operands(2, 3, 4, 5);

  test("of several dtypes compute in the widest, with gradients in their own", () => {
    const xs = draw(shapes, "float32");
    const wide = variable(xs[4]!.data.astype("float64"));
    const all = xs.map((x, i) => (i === 4 ? wide : x));
    const [y] = networks.lstm!.call(all, {});
    expect(y!.dtype).toBe("float64");
    expect(grad([y!], all, { gradYs: [normalLike(y!)] }).map((g) => g.dtype)).toEqual(all.map((x) => x.dtype));
  });

  test("may be literals and integers", () => {
    const ones = (n: number): number[] => new Array<number>(n).fill(1);
    const [y, h] = rnn([[[1, 2]]], null, [[0.5], [0.25]], [[1]], [0]);
    expect(y.toArray()).toEqual([[[Math.fround(Math.tanh(1))]]]);
    expect(h.toArray()).toEqual([[Math.fround(Math.tanh(1))]]);
    expect(lstm([[[1]]], null, null, [ones(4)], [ones(4)], ones(4))[0].dtype).toBe("float32");
  });

  test("a function given as activation is the named one", () => {
    const xs = draw(shapes, "float32");
    const named = networks.lstm!.call(xs, { activation: "tanh" })[0]!;
    const given = lstm(xs[0]!, xs[1]!, xs[2]!, xs[3]!, xs[4]!, xs[5]!, { activation: tanh, gate: sigmoid })[0];
    expect(given.creator!.name).toBe(named.creator!.name);
    expect(given.toArray()).toEqual(named.toArray());
  });
});

describe("errors", () => {
  const normal = (shape: number[]): Operand => randomNormal(shape);
  const call =
    (changed: Record<string, Operand | null>, options = {}) =>
    () => {
      const given: Record<string, Operand | null> = {
        x: normal([2, 3, 4]),
        h0: null,
        c0: null,
        Wx: normal([4, 20]),
        Wh: normal([5, 20]),
        b: null,
      };
      const { x, h0, c0, Wx, Wh, b } = { ...given, ...changed };
      lstm(x!, h0!, c0!, Wx!, Wh!, b!, options);
    };
  test.each([
    [call({ x: normal([3, 4]) }), "lstm: x has shape (3, 4); expected (steps, N, in) with at least one step"],
    [call({ x: normal([0, 3, 4]) }), "lstm: x has shape (0, 3, 4); expected (steps, N, in) with at least one step"],
    [call({ Wh: normal([20, 5]) }), "lstm: Wh has shape (20, 5); expected (H, 4 H), here (20, 80)"],
    [call({ Wx: normal([3, 20]) }), "lstm: Wx has shape (3, 20); expected (in, 4 H), here (4, 20)"],
    [call({ h0: normal([1, 3, 5]) }), "lstm: h0 has shape (1, 3, 5); expected (N, H), here (3, 5)"],
    [call({ c0: normal([3, 4]) }), "lstm: c0 has shape (3, 4); expected (N, H), here (3, 5)"],
    [call({ b: normal([5]) }), "lstm: b has shape (5,); expected (4 H,), here (20,)"],
    [call({}, { activation: "gelu" }), "lstm: unknown activation gelu; expected tanh, relu, sigmoid or a function"],
    [call({}, { gate: 3 }), "lstm: unknown gate 3; expected tanh, relu, sigmoid or a function"],
    [
      () => gru(normal([2, 3, 4]), null, normal([4, 15]), normal([5, 15]), normal([15]), normal([5])),
      "gru: bh has shape (5,); expected (3 H,), here (15,)",
    ],
    [
      () => rnn(normal([2, 3, 4]), null, normal([4, 5]), normal([5, 4]), null),
      "rnn: Wh has shape (5, 4); expected (H, H), here (5, 5)",
    ],
  ])("%#", (run, message) => {
    expect(run).toThrow(new Error(message));
  });
});
