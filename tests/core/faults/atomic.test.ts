import { scratchOf } from "../../../core/backend/wasm/scratch.js";
import { heap, NDArray, randomNormal, seed, variable, zeros } from "../../../core/index.js";
import { matmul, square, sum, tanh } from "../../../functions/index.js";
import { EMA, FullyConnected, Sequential } from "../../../nn/index.js";
import { Adam } from "../../../optim/index.js";
import { refuseEach, refusing } from "./refusal.js";

/* What changes several arrays either changes all or, where it finds no memory, none. */

const text = (arrays: readonly NDArray[]) => arrays.map((x) => x.toTypedArray().join()).join(";");

test("backward that adds to gradients", () => {
  const [x, W] = [variable(randomNormal([4, 5])), variable(randomNormal([5, 3]))];
  const y = sum(tanh(matmul(x, W)));
  y.backward();
  const gradients = () => text([x.grad!.data, W.grad!.data]);
  const before = gradients();
  const count = refuseEach(
    () => y.backward(),
    ({ result }) => {
      expect(result).toBe("refused");
      expect(gradients()).toBe(before);
    },
  );
  expect(count).toBeGreaterThan(4);
  expect(gradients()).not.toBe(before);
});

const model = () => {
  seed(3);
  return new Sequential(new FullyConnected({ nOut: 3, nIn: 4 }), new FullyConnected({ nOut: 2, nIn: 3 }));
};
const step = (layer: Sequential, optimizer: Adam) => {
  optimizer.zeroGrad();
  square(layer.forward(variable(randomNormal([2, 4]))))
    .mean()
    .backward();
  optimizer.step();
};

test("averages that are applied, and what runs with them", () => {
  const layer = model();
  const ema = new EMA(layer, { decay: 0.5 });
  ema.update();
  step(layer, new Adam(layer.parameters(), { lr: 0.1 }));
  const values = () => text(layer.parameters().map(({ data }) => data));
  const before = values();
  refuseEach(
    () => ema.withAverages(() => values()),
    ({ result }) => {
      expect(result).toBe("refused");
      expect(values()).toBe(before);
    },
  );
  refuseEach(
    () => ema.update(),
    ({ result }) => {
      expect([result, ema.updates]).toEqual(["refused", 1]);
    },
  );
  expect(ema.updates).toBe(2);
});

test("states that are loaded", () => {
  const [layer, other] = [model(), model()];
  const [optimizer, further] = [new Adam(layer.parameters()), new Adam(other.parameters())];
  step(layer, optimizer);
  step(other, further);
  step(other, further);
  const state = further.state();
  const values = () => {
    const { steps, groups } = optimizer.state();
    const arrays = groups.flatMap(({ parameters }) => parameters.flatMap((entry) => Object.values(entry.arrays)));
    return `${steps} ${text([...arrays, ...layer.parameters().map(({ data }) => data)])}`;
  };
  const weights = other.stateDict();
  for (const load of [() => optimizer.loadState(state), () => layer.loadStateDict(weights)]) {
    const before = values();
    const count = refuseEach(load, ({ result }) => {
      expect(result).toBe("refused");
      expect(values()).toBe(before);
    });
    expect(count).toBeGreaterThan(3);
    expect(values()).not.toBe(before);
  }
});

test("room for kernels to work in that is not there does not count as room", () => {
  const bytes = 2 ** 22;
  expect(refusing(0, () => scratchOf(bytes)).result).toBe("refused");
  expect(refusing(0, () => scratchOf(bytes)).result).toBe("refused");
  expect(scratchOf(bytes)).toBeGreaterThan(0);
  expect(refusing(0, () => scratchOf(bytes)).reached).toBe(false);
});

test("what was refused does not count as allocated", () => {
  const held = zeros([2 ** 19]);
  const before = heap.allocated;
  expect(() => NDArray.empty([2 ** 30 - held.size], "float32")).toThrow(/no room/);
  expect(heap.allocated).toBe(before);
});
