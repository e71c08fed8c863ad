import { config, usingConfig } from "../../../core/config.js";
import { activePass } from "../../../core/function.js";
import {
  Function,
  grad,
  heap,
  type NDArray,
  randomNormal,
  seed,
  type Variable,
  variable,
} from "../../../core/index.js";
import type { GraphNode } from "../../../core/node.js";
import { add, matmul, mul, split, sum, tanh } from "../../../functions/index.js";

/*
 * A program whose own functions and hooks throw, each time it runs at another call of theirs. Whatever is thrown, the graph has no
 * marks of the pass left, no gradient has come or gone, and the same graph gives the right gradients afterwards.
 */

class Failure extends Error {}

/** Throws at call `at` of the functions and hooks below, counted from 0. */
const fuse = { at: -1, calls: 0 };
function maybe(): void {
  if (fuse.calls++ === fuse.at) throw new Failure(`call ${fuse.at}`);
}

class Scaled extends Function {
  override forward(x: NDArray): NDArray {
    maybe();
    return mul(x, 2).data;
  }

  override backward(gy: Variable): Variable {
    maybe();
    return scaled(gy);
  }
}
const scaled = (x: Variable) => new Scaled().apply(x);

/** Two outputs, the halves of x. */
class Halves extends Function {
  override forward(x: NDArray): NDArray[] {
    maybe();
    return split(x, 2, { axis: 0 }).map(({ data }) => data.copy());
  }

  override backward(a: Variable, b: Variable): Variable {
    maybe();
    return add(matmul(PLACES[0]!, a), matmul(PLACES[1]!, b));
  }
}
const PLACES = [0, 2].map((at) =>
  variable(
    Array.from({ length: 4 }, (_, i) => [0, 1].map((j) => (i === at + j ? 1 : 0))),
    { requiresGrad: false },
  ),
);

const identity = variable([
  [1, 0],
  [0, 1],
]);

/** Passes that record no graph run hooks without one too. */
const withGraph = <T>(fn: () => T): T => usingConfig({ enableBackprop: true }, fn);

interface Program {
  leaves: Variable[];
  y: Variable;
}

/** A graph with a leaf that is used twice, several outputs, and hooks on a leaf and in between; one of them starts a pass of its own. */
function build(leaves: readonly Variable[]): Program {
  const [x, W] = leaves as [Variable, Variable];
  const [a, b] = new Halves().applyMany(scaled(x)) as [Variable, Variable];
  a.onGrad((g) => {
    maybe();
    return mul(g, 0.5);
  });
  b.onGrad(() => {
    withGraph(() => {
      const [inner] = grad(sum(scaled(tanh(matmul(identity, W)))), W, { createGraph: true });
      maybe();
      grad(sum(scaled(inner!)), W);
    });
  });
  const y = sum(add(tanh(matmul(scaled(a), W)), matmul(tanh(b), scaled(W))));
  return { leaves: [x, W], y };
}

function leaves(): Variable[] {
  seed(2);
  const [x, W] = [variable(randomNormal([4, 2])), variable(randomNormal([2, 2]))];
  x.onGrad(() => {
    maybe();
  });
  return [x, W];
}

const PASSES: Readonly<Record<string, (program: Program) => Variable[]>> = {
  backward: ({ y, leaves }) => {
    y.backward();
    return leaves.map(({ grad: g }) => g!);
  },
  "backward with retainGrad": ({ y, leaves }) => {
    y.backward({ retainGrad: true });
    return leaves.map(({ grad: g }) => g!);
  },
  grad: ({ y, leaves }) => grad(y, leaves),
  "grad of a gradient": ({ y, leaves }) => {
    const [gx, gW] = grad(y, leaves, { createGraph: true });
    return grad(add(sum(mul(gx!, gx!)), sum(mul(gW!, gW!))), leaves);
  },
};

/** Every node that leads to `ys`. */
function nodesOf(ys: readonly Variable[]): GraphNode[] {
  const seen = new Set<GraphNode>();
  const open = [...ys];
  for (let y = open.pop(); y !== undefined; y = open.pop()) {
    if (y.node === null || seen.has(y.node)) continue;
    seen.add(y.node);
    open.push(...y.node.inputs);
  }
  return [...seen];
}

const marks = ({ y, leaves }: Program) => ({
  nodes: nodesOf([y]).filter(({ pending, queued, several }) => pending !== null || queued || several?.pending).length,
  leaves: [...leaves, identity].filter(({ pending }) => pending !== null).length,
  gradients: leaves.filter(({ grad: g }) => g !== null).length,
  pass: activePass,
  ...config,
});
const NONE = { nodes: 0, leaves: 0, gradients: 0, pass: null, enableBackprop: true, train: true };

const numbers = (gs: readonly Variable[]) => gs.map((g) => g.toTypedArray().join()).join(";");
const clear = ({ leaves }: Program) => {
  for (const x of leaves) x.clearGrad();
};
const calls = (fn: () => unknown): number => {
  Object.assign(fuse, { at: -1, calls: 0 });
  fn();
  return fuse.calls;
};
/** Runs `fn` with the fuse at `at`. */
const failing = (at: number, fn: () => unknown) => {
  Object.assign(fuse, { at, calls: 0 });
  expect(fn).toThrow(Failure);
  fuse.at = -1;
};

test.each(Object.entries(PASSES))("%s, which throws anywhere", (_, pass) => {
  const program = build(leaves());
  const wanted = numbers(pass(program));
  clear(program);
  const count = calls(() => pass(program));
  clear(program);
  expect(count).toBeGreaterThan(8);
  for (let at = 0; at < count; at++) {
    failing(at, () => pass(program));
    expect([at, marks(program)]).toEqual([at, NONE]);
    expect(numbers(pass(program))).toBe(wanted);
    clear(program);
  }
});

test("a forward that throws anywhere", () => {
  const given = leaves();
  const wanted = numbers(PASSES.grad!(build(given)));
  const count = calls(() => build(given));
  expect(count).toBeGreaterThan(3);
  for (let at = 0; at < count; at++) {
    failing(at, () => build(given));
    const program = build(given);
    expect([at, marks(program)]).toEqual([at, NONE]);
    expect(numbers(PASSES.grad!(program))).toBe(wanted);
  }
});

test("gradients that were there before stay, the same objects with the same numbers", () => {
  const program = build(leaves());
  program.y.backward();
  const before = program.leaves.map(({ grad: g }) => g!);
  const wanted = numbers(before);
  const count = calls(() => PASSES.grad!(program));
  for (let at = 0; at < count; at++) {
    failing(at, () => PASSES["backward with retainGrad"]!(program));
    for (const [i, leaf] of program.leaves.entries()) expect(leaf.grad).toBe(before[i]);
    expect(numbers(before)).toBe(wanted);
  }
});

test("a hook that catches what a pass of its own throws does not disturb the pass around it", () => {
  const [x, z] = [variable([1, 2]), variable([3, 4])];
  const y = tanh(mul(x, x));
  y.onGrad(() => {
    withGraph(() => {
      for (const at of [0, 1, 2]) failing(at, () => sum(mul(scaled(tanh(x)), scaled(z))).backward());
    });
  });
  sum(mul(y, x)).backward();
  const withHook = numbers([x.grad!]);
  const [wanted] = grad(sum(mul(tanh(mul(x, x)), x)), x);
  expect(withHook).toBe(numbers([wanted!]));
  expect(z.grad).toBeNull();
});

test("programs that throw leave no memory behind", () => {
  const x = variable(randomNormal([64, 1024]));
  const run = (at: number) => {
    const y = sum(scaled(tanh(scaled(mul(x, x)))));
    failing(at, () => y.backward());
  };
  const used = () => {
    heap.sweep();
    return heap.statistics().used;
  };
  run(0);
  const before = used();
  for (let i = 0; i < 60; i++) run(i % 2);
  expect(used() - before).toBeLessThan(4 * 65536);
});
