import { jsKernels } from "../../../core/backend/js";
import type { Kernels } from "../../../core/backend/kernels";
import { wasmKernels } from "../../../core/backend/wasm";
import { DTYPES, type DType } from "../../../core/dtype";
import { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers, randomValue, SIZES } from "./arrays";

const FLOATS = ["float32", "float64"] as const;

function random(shape: readonly number[], dtype: DType, numbers: Numbers): NDArray {
  return filled(shape, dtype, () => randomValue(numbers, dtype));
}

describe("rows", () => {
  test.each(DTYPES)("takeRows of %s", (dtype) => {
    const numbers = new Numbers(41);
    for (const width of SIZES) {
      const x = random([6, width], dtype, numbers);
      const rows = filled([9], "int32", () => numbers.integer(6));
      const out = NDArray.empty([9, width], dtype);
      wasmKernels.takeRows(x, rows, width, out);
      const source = x.toArray() as number[][];
      expect(out.toArray()).toEqual((rows.toArray() as number[]).map((r) => source[r]));
    }
  });

  test.each(["float32", "float64", "int32"] as const)("addRows of %s is the adjoint", (dtype) => {
    const numbers = new Numbers(42);
    for (const width of SIZES) {
      const x = random([9, width], dtype, numbers);
      const rows = filled([9], "int32", () => numbers.integer(4));
      const run = (kernels: Kernels): NDArray => {
        const out = filled([4, width], dtype, () => 0);
        kernels.addRows(x, rows, width, out);
        return out;
      };
      expectClose(run(wasmKernels).toTypedArray(), run(jsKernels).toTypedArray(), { absolute: 3e-6 }, `width ${width}`);
      const expected = new Float64Array(4 * width);
      const values = x.toTypedArray();
      rows.toTypedArray().forEach((row, i) => {
        for (let c = 0; c < width; c++) expected[row * width + c]! += values[i * width + c]!;
      });
      expectClose(run(jsKernels).toTypedArray(), expected, { absolute: 3e-6 }, `width ${width}`);
    }
  });
});

describe.each(FLOATS)("optimizers on %s", (dtype) => {
  const tolerance = dtype === "float32" ? { relative: 1e-6, absolute: 1e-6 } : { relative: 1e-14, absolute: 1e-14 };

  test("sgd, with and without velocity", () => {
    const numbers = new Numbers(43);
    for (const n of SIZES) {
      const [p, grad, velocity] = [
        random([n], dtype, numbers),
        random([n], dtype, numbers),
        random([n], dtype, numbers),
      ];
      const run = (kernels: Kernels): NDArray[] => {
        const plain = p.copy();
        kernels.sgd(plain, grad, null, 0.1, 0.9, 0.01);
        const [moved, speed] = [p.copy(), velocity.copy()];
        kernels.sgd(moved, grad, speed, 0.1, 0.9, 0.01);
        return [plain, moved, speed];
      };
      const [actual, expected] = [run(wasmKernels), run(jsKernels)];
      actual.forEach((x, i) => {
        expectClose(x.toTypedArray(), expected[i]!.toTypedArray(), tolerance, `sgd ${n}`);
      });
    }
  });

  test("adam", () => {
    const numbers = new Numbers(44);
    const step = {
      lr: 0.1,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-7,
      correction1: 0.19,
      correction2: 0.0199,
      weightDecay: 0.01,
    };
    for (const n of SIZES) {
      const [p, grad, m] = [random([n], dtype, numbers), random([n], dtype, numbers), random([n], dtype, numbers)];
      const v = filled([n], dtype, () => numbers.next());
      const run = (kernels: Kernels): NDArray[] => {
        const state = [p.copy(), m.copy(), v.copy()] as const;
        kernels.adam(state[0], grad, state[1], state[2], step);
        return [...state];
      };
      const [actual, expected] = [run(wasmKernels), run(jsKernels)];
      actual.forEach((x, i) => {
        expectClose(x.toTypedArray(), expected[i]!.toTypedArray(), tolerance, `adam ${n}`);
      });
    }
  });

  test.each([
    ["js", jsKernels],
    ["wasm", wasmKernels],
  ] as const)("known steps, %s", (_, kernels) => {
    const p = filled([1], dtype, () => 1);
    const velocity = filled([1], dtype, () => 2);
    kernels.sgd(
      p,
      filled([1], dtype, () => 4),
      velocity,
      0.5,
      0.25,
      0.5,
    );
    expect([velocity.item(), p.item()]).toEqual([2.75, -1.75]);
    const [q, m, v] = [filled([1], dtype, () => 1), filled([1], dtype, () => 0), filled([1], dtype, () => 0)];
    const step = { lr: 0.5, beta1: 0.5, beta2: 0.75, epsilon: 0, correction1: 0.5, correction2: 0.25, weightDecay: 0 };
    kernels.adam(
      q,
      filled([1], dtype, () => -2),
      m,
      v,
      step,
    );
    expect([m.item(), v.item(), q.item()]).toEqual([-1, 1, 1.5]);
  });
});
