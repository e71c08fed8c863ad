import { runInNewContext } from "node:vm";
import { scratchOf } from "../../core/backend/wasm/scratch.js";
import { unary } from "../../core/numeric.js";
import { RowGradient } from "../../core/row-gradient.js";
import { add, conv2d, embedding, exp, mul, sum } from "../../functions/index.js";
import {
  constant,
  grad,
  heap,
  keep,
  type NDArray,
  noGrad,
  ones,
  Parameter,
  randomNormal,
  tidy,
  type Variable,
  variable,
  zeros,
} from "../../index.js";

const MB = 2 ** 20;
const N = MB / 4;
const GONE = "whose memory was given back by tidy";
const full = (value: number): NDArray => {
  const x = zeros([N]);
  return add(x, value).data;
};

/** Overwrites what a wrongly released array would have lain in. */
function reuse(): void {
  for (let i = 0; i < 12; i++) full(-1);
}

function expectFull(x: Variable | NDArray, value: number): void {
  expect(x.toTypedArray().every((v) => v === value)).toBe(true);
}

describe("memory", () => {
  test("serves the next round at once, with no sweep", () => {
    const a = variable(ones([N]));
    heap.sweep();
    const before = heap.statistics();
    for (let i = 0; i < 2000; i++) tidy(() => void exp(mul(a, 0.5)));
    const after = heap.statistics();
    expect(after.sweeps).toBe(before.sweeps);
    expect(after.used - before.used).toBeLessThan(MB);
  });

  test("is forgotten by the engine too, in a synchronous loop without a graph", () => {
    const gc = runInNewContext("gc") as () => void;
    const a = full(1);
    // Whatever a WeakRef points to is kept until the job ends, or until somebody has it released.
    const first = tidy(() => new WeakRef(full(2).storage));
    for (let i = 0; i < 1100; i++) tidy(() => void unary("exp", a));
    gc();
    expect(first.deref()).toBeUndefined();
  });

  test("of what fn returns stays, however it is wrapped", () => {
    class Holder {
      readonly held = full(7);
    }
    const made = tidy(() => {
      const x = constant(full(1));
      return {
        x,
        list: [full(2), [constant(full(3))]],
        map: new Map([["a", full(4)]]),
        set: new Set([full(5)]),
        view: full(6)
          .reshape([N / 2, 2])
          .slice(0),
        holder: new Holder(),
        text: "a",
        nothing: null,
        numbers: new Float64Array(3),
      };
    });
    reuse();
    expectFull(made.x, 1);
    expectFull(made.list[0] as NDArray, 2);
    expectFull((made.list[1] as Variable[])[0]!, 3);
    expectFull(made.map.get("a")!, 4);
    expectFull([...made.set][0]!, 5);
    expect(made.view.toArray()).toEqual([6, 6]);
    expectFull(made.holder.held, 7);
  });

  test("of what has circles in it stays, and is found once", () => {
    type Node = { next: Node | null; x: NDArray };
    const node = tidy(() => {
      const node: Node = { next: null, x: full(3) };
      node.next = node;
      return node;
    });
    reuse();
    expectFull(node.x, 3);
  });

  test("of all else is gone, and whoever uses it is told so", () => {
    const stolen: (Variable | NDArray)[] = [];
    const y = tidy(() => {
      const x = variable(full(2));
      const square = mul(x, x);
      stolen.push(x, square, square.data.reshape([2, N / 2]));
      return sum(square);
    });
    expect(y.item()).toBe(4 * N);
    for (const x of stolen) expect(() => x.toArray()).toThrow(GONE);
    expect(() => noGrad(() => mul(stolen[0]!, 2))).toThrow(GONE);
    expect(() => y.backward()).toThrow(GONE);
  });

  test("of small arrays, which share theirs, stays until a sweep", () => {
    const stolen = tidy(() => [variable([1, 2])].map((x) => () => x))[0]!;
    expect(stolen().toArray()).toEqual([1, 2]);
  });

  test("does not come back to who holds it from before", () => {
    const before = full(2);
    tidy(() => void mul(before, 2));
    reuse();
    expectFull(before, 2);
  });

  test("of a gradient given back within a pass is not given back twice", () => {
    const x = variable(ones([N]));
    tidy(() => {
      let y: Variable = x;
      for (let i = 0; i < 10; i++) y = mul(y, 2);
      y.backward({ gradient: ones([N]) });
    });
    const [a, b] = [full(3), full(4)];
    expectFull(a, 3);
    expectFull(b, 4);
    expectFull(x.grad!, 1024);
  });
});

describe("what lasts", () => {
  test("gradients of leaves", () => {
    const x = variable(full(3));
    tidy(() => mul(x, x).backward({ gradient: ones([N]) }));
    tidy(() => mul(x, 5).backward({ gradient: ones([N]) }));
    reuse();
    expectFull(x.grad!, 11);
    tidy(() => {
      x.grad = constant(full(4));
    });
    reuse();
    expectFull(x.grad!, 4);
  });

  test("a gradient of few rows, as rows and made whole later or in another tidy", () => {
    const ids = constant(new Int32Array(2000).map((_, i) => i));
    const gradientOf = (whole: (W: Variable) => void) => {
      const W = variable(randomNormal([20_000, 16]));
      tidy(() => sum(embedding(W, ids)).backward());
      reuse();
      expect(W.peekGrad()).toBeInstanceOf(RowGradient);
      whole(W);
      reuse();
      return W.grad!.toTypedArray();
    };
    const expected = new Float32Array(320_000).fill(1, 0, 32_000);
    expect(gradientOf(() => {})).toEqual(expected);
    expect(gradientOf((W) => tidy(() => void W.peekGrad()!.data))).toEqual(expected);
    const W = variable(randomNormal([20_000, 16]));
    const [gW] = tidy(() => grad(sum(embedding(W, ids)), W));
    reuse();
    expect(gW!.toTypedArray()).toEqual(expected);
  });

  test("Parameters and the data of Variables", () => {
    const late = new Parameter(null);
    const x = variable(zeros([N]));
    const made: Parameter[] = [];
    tidy(() => {
      made.push(new Parameter(full(1)));
      late.initialize(full(2));
      x.data = full(3);
    });
    reuse();
    expectFull(made[0]!, 1);
    expectFull(late, 2);
    expectFull(x, 3);
  });

  test("what was given to keep", () => {
    const kept: { x?: Variable; more?: NDArray[] } = {};
    tidy(() =>
      tidy(() => {
        kept.x = keep(constant(full(1)));
        kept.more = keep([full(2)]);
      }),
    );
    reuse();
    expectFull(kept.x!, 1);
    expectFull(kept.more![0]!, 2);
    expect(keep(3)).toBe(3);
  });

  test("the room that kernels work in", () => {
    const bytes = 9 * MB;
    const address = tidy(() => scratchOf(bytes));
    const x = zeros([bytes / 4]);
    expect(scratchOf(bytes)).toBe(address);
    expect(x.address === address).toBe(false);
  });
});

test("the room for the patches of a convolution lasts, on a backend that has one", () => {
  // As many channels as OpenBLAS gets.
  const [x, W] = [randomNormal([8, 12, 12, 32]), randomNormal([3, 3, 32, 32])];
  const first = tidy(() => conv2d(x, W, null));
  reuse();
  expect(conv2d(x, W, null).toTypedArray()).toEqual(first.toTypedArray());
});

describe("nesting and errors", () => {
  test("what an inner one returns belongs to the outer one", () => {
    const stolen: NDArray[] = [];
    const y = tidy(() => {
      const [a, b] = tidy(() => [full(1), full(2)]);
      reuse();
      expectFull(a!, 1);
      stolen.push(a!);
      return b!;
    });
    reuse();
    expectFull(y, 2);
    expect(() => stolen[0]!.toArray()).toThrow(GONE);
  });

  test("what throws gives nothing back early, and leaves the outer one as it was", () => {
    const stolen: NDArray[] = [];
    const fail = () => {
      stolen.push(full(1));
      throw new Error("as planned");
    };
    expect(() => tidy(fail)).toThrow("as planned");
    reuse();
    expectFull(stolen[0]!, 1);
    expect(heap.scope).toBeNull();
    tidy(() => {
      expect(() => tidy(fail)).toThrow("as planned");
      expectFull(stolen[1]!, 1);
    });
    expect(() => stolen[1]!.toArray()).toThrow(GONE);
  });

  test("asynchronous functions are refused", async () => {
    let ran = false;
    const later = async () => {
      ran = true;
    };
    expect(() => tidy(later)).toThrow("tidy: got an asynchronous function; expected a synchronous one");
    expect(ran).toBe(false);
    const stolen: NDArray[] = [];
    const promise = () => {
      stolen.push(full(1));
      return Promise.resolve();
    };
    expect(() => tidy(promise)).toThrow("tidy: the function returned a Promise; expected a synchronous one");
    reuse();
    expectFull(stolen[0]!, 1);
    expect(() => tidy(3 as never)).toThrow("tidy: got 3; expected a synchronous one");
  });

  test("a long one is swept inside, and remembers only what is alive", () => {
    heap.sweep();
    tidy(() => {
      for (let i = 0; i < 3000; i++) full(i);
      expect(heap.scope!.length).toBeLessThan(3000);
      expect(heap.statistics().used).toBeLessThan(2 ** 30);
      heap.sweep();
      expect(heap.scope!.length).toBeLessThan(100);
    });
  });
});
