import { seed } from "../../core/index.js";
import { Variable } from "../../core/variable.js";
import type { Layer } from "../../nn/index.js";

/** Something that must throw, and how its message begins. */
export type Refusal<T> = readonly [run: (subject: T) => unknown, message: string];

/** Tests that bad options are refused. */
export function refusesOptions(
  layer: string,
  rows: readonly (readonly [make: () => unknown, message: string])[],
): void {
  describe(`${layer} refuses options`, () => {
    test.each(rows.map(([make, message]) => [message, make] as const))("%s", (message, make) => {
      expect(make).toThrow(beginning(message));
    });
  });
}

/**
 * Tests that a layer refuses bad calls, that nothing about it has changed then, and that `good` still gives what it gave
 * before. A layer that has not seen a forward, and does not know its sizes, may take a call that it refuses afterwards.
 */
export function refusesCalls<L extends Layer>(
  name: string,
  make: () => L,
  good: (layer: L) => unknown,
  rows: readonly Refusal<L>[],
): void {
  describe(`${name} refuses calls`, () => {
    test.each(rows.map(([run, message]) => [message, run] as const))("%s", (message, run) => {
      const fresh = make();
      const unused = valuesOf(fresh);
      if (throws(() => run(fresh))) {
        expect(valuesOf(fresh)).toEqual(unused);
        good(fresh);
      }
      const layer = make();
      const before = answer(good, layer);
      const used = valuesOf(layer);
      expect(() => run(layer)).toThrow(beginning(message));
      expect(valuesOf(layer)).toEqual(used);
      expect(answer(good, layer)).toEqual(before);
    });
  });
}

/** What a layer is made of and how it stands: parameters and buffers, null for those without data, and its modes. */
export function valuesOf(layer: Layer): Record<string, unknown> {
  const entries = [...layer.namedParameters(), ...layer.namedBuffers()].map(([name, entry]) => [
    name,
    entry.initialized ? entry.data.toArray() : null,
  ]);
  return { ...Object.fromEntries(entries), training: layer.training, shapes: layer.outputShapes };
}

function answer<L extends Layer>(good: (layer: L) => unknown, layer: L): unknown {
  seed(3);
  return plain(good(layer));
}

function plain(value: unknown): unknown {
  if (value instanceof Variable) return value.toArray();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function throws(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}

function beginning(message: string): RegExp {
  return new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`);
}
