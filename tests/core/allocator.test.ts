import { Allocator, roundedBytes } from "../../core/allocator.js";
import { Generator } from "../../core/rng.js";

test("sizes round up by at most 12.5 % above 1 KB, to multiples of 128, and stay what they are once rounded", () => {
  for (let bytes = 1; bytes < 5000; bytes++) checkRounding(bytes);
  const g = new Generator(1);
  for (let i = 0; i < 5000; i++) checkRounding(1 + Math.floor(2 ** (32 * g.uniform()) - 1));
  expect(roundedBytes(65536)).toBe(65536);
});

function checkRounding(bytes: number): void {
  const rounded = roundedBytes(bytes);
  expect(rounded).toBeGreaterThanOrEqual(bytes);
  expect(rounded % 128).toBe(0);
  expect(roundedBytes(rounded)).toBe(rounded);
  if (bytes > 1024) expect(rounded).toBeLessThanOrEqual(bytes * 1.125 + 128);
}

test("blocks never overlap, nothing is lost, and all of it can be had again in one piece", () => {
  const g = new Generator(2);
  const total = 2 ** 22;
  const allocator = new Allocator();
  allocator.addRange(1024, total);
  const taken = new Map<number, number>();
  for (let i = 0; i < 20_000; i++) {
    if (taken.size > 0 && g.uniform() < 0.5) {
      const [address, bytes] = [...taken][g.integer(taken.size)]!;
      taken.delete(address);
      allocator.give(address, bytes);
    } else {
      const bytes = 1 + Math.floor(2 ** (17 * g.uniform()));
      const address = allocator.takeExact(bytes) || allocator.takeAny(bytes);
      if (address === 0) continue;
      expect(taken.has(address)).toBe(false);
      taken.set(address, bytes);
    }
    if (i % 500 === 0) checkDisjoint(taken, total);
    const used = [...taken.values()].reduce((sum, bytes) => sum + roundedBytes(bytes), 0);
    expect(allocator.freeBytes).toBe(total - used);
  }
  for (const [address, bytes] of taken) allocator.give(address, bytes);
  expect(allocator.takeAny(total)).toBe(1024);
  expect(allocator.freeBytes).toBe(0);
});

function checkDisjoint(taken: Map<number, number>, total: number): void {
  let end = 1024;
  for (const [address, bytes] of [...taken].sort((a, b) => a[0] - b[0])) {
    expect(address).toBeGreaterThanOrEqual(end);
    end = address + roundedBytes(bytes);
  }
  expect(end).toBeLessThanOrEqual(1024 + total);
}

test("what cutting a block leaves over is joined with its neighbours", () => {
  const allocator = new Allocator();
  // Blocks of 2,048 and 128 bytes, since none has 2,176.
  allocator.addRange(1024, 2176);
  expect(allocator.takeAny(1024)).toBe(1024);
  expect(allocator.takeAny(1152)).toBe(2048);
  expect(allocator.freeBytes).toBe(0);
});

test("ranges that were added side by side make one block", () => {
  const allocator = new Allocator();
  allocator.addRange(128, 119 * 128);
  allocator.addRange(120 * 128, 1417 * 128);
  expect(allocator.takeAny(180_225)).toBe(128);
});
