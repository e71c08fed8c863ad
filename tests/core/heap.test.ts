import { Heap, heap } from "../../core/heap.js";
import { mul } from "../../functions/index.js";
import { array, type NDArray, noGrad, ones, variable, zeros } from "../../index.js";

const MB = 2 ** 20;

test("arrays start at multiples of 16, large and small ones alike", () => {
  for (const n of [0, 1, 3, 255, 256, 257, 1000, 100_000]) {
    expect(zeros([n]).address % 16).toBe(0);
    expect(zeros([n], { dtype: "bool" }).address % 16).toBe(0);
  }
});

test("memory comes back inside one synchronous loop", () => {
  heap.sweep();
  const before = heap.statistics();
  for (let i = 0; i < 3000; i++) zeros([MB / 4]);
  const after = heap.statistics();
  expect(after.sweeps).toBeGreaterThan(before.sweeps);
  // 3,000 MB were allocated; what is reserved stays within the largest budget.
  expect(after.reserved - before.reserved).toBeLessThan(700 * MB);
  heap.sweep();
  expect(heap.statistics().used).toBeLessThan(before.used + 4 * MB);
});

test("what is released needs no sweep", () => {
  heap.sweep();
  const before = heap.statistics();
  for (let i = 0; i < 3000; i++) heap.release(zeros([MB / 4]).storage);
  const after = heap.statistics();
  expect(after.sweeps).toBe(before.sweeps);
  expect(after.reserved).toBeLessThanOrEqual(before.reserved + 17 * MB);
});

test("what is in use is never handed out again, however often the heap is swept", () => {
  const kept: { x: NDArray; value: number }[] = [];
  for (let i = 0; i < 400; i++) {
    const value = i + 1;
    const size = [3, 200, 300, 5000, 70_000][i % 5]!;
    const x = ones([size]);
    x.assign(array(value));
    // Only a view is kept: it must keep the memory of the whole alive.
    if (i % 3 === 0) kept.push({ x: x.reshape([1, size]).transpose(), value });
    if (i % 50 === 0) heap.sweep();
    for (let j = 0; j < 5; j++) zeros([size]);
  }
  heap.sweep();
  for (const { x, value } of kept) {
    const values = x.toTypedArray();
    expect(values.every((v) => v === value)).toBe(true);
  }
});

test("a graph keeps the arrays that its backward needs through a sweep", () => {
  const x = variable(new Float32Array(50_000).fill(3));
  let y = mul(x, x);
  y = mul(y, y);
  heap.sweep();
  for (let i = 0; i < 50; i++) zeros([50_000]);
  y.backward({ gradient: ones([50_000]) });
  expect(x.grad!.toTypedArray().every((g) => g === 108)).toBe(true);
});

test("a released storage throws instead of reading what came after it", () => {
  const x = zeros([10_000]);
  const view = x.reshape([100, 100]);
  heap.release(x.storage);
  expect(() => view.toArray()).toThrow("use of an array of shape (100, 100) whose memory was given back");
  expect(() => noGrad(() => mul(x, 2))).toThrow("whose memory was given back");
});

test("a request beyond 4 GiB is a clear error, after which smaller work goes on", () => {
  // By name: under jest the heap is shared by files, each of which has error classes of its own.
  expect(() => zeros([2 ** 30, 2])).toThrow(expect.objectContaining({ name: "OutOfMemoryError" }));
  expect(() => zeros([2 ** 30, 2])).toThrow(
    /allocate: no room for 8589934592 bytes: live arrays take \d+ of the 4294967296 bytes/,
  );
  expect(zeros([2]).toArray()).toEqual([0, 0]);
});

test("the version of an array counts its writes, its neighbours' do not", () => {
  const [a, b] = [array([1, 2]), array([3, 4])];
  a.assign(array([5, 6]));
  a.reshape([2, 1]).assign(array(7));
  expect([a.version, b.version]).toEqual([2, 0]);
  expect(a.transpose().version).toBe(2);
});

test("a program that waited has not got more time for sweeps", () => {
  const program = new Heap();
  const { budget } = program.statistics();
  const now = performance.now.bind(performance);
  // An hour, in which no processor was at work.
  const clock = jest.spyOn(performance, "now").mockImplementation(() => now() + 3_600_000);
  try {
    program.sweep();
  } finally {
    clock.mockRestore();
  }
  expect(program.statistics().budget).toBe(2 * budget);
});
