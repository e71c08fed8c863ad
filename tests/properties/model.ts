/** An array as a naive program would keep it: a shape, and for each element where its number lies in a plain list. */
export interface Model {
  shape: number[];
  /** For each element in row-major order, its place in `memory`. */
  places: number[];
  memory: number[];
}

/** The multi-indices of an array in row-major order. */
export function positions(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, n) => all.flatMap((start) => Array.from({ length: n }, (_, i) => [...start, i])),
    [[]],
  );
}

/** A model of `shape` with memory of its own. */
export function fresh(shape: readonly number[], values: readonly number[]): Model {
  return { shape: [...shape], places: values.map((_, i) => i), memory: [...values] };
}

/** The values in row-major order. */
export function valuesOf({ places, memory }: Model): number[] {
  return places.map((place) => memory[place]!);
}

/** A view whose element at each position is that of `x` at `from(position)`. */
export function view(x: Model, shape: readonly number[], from: (position: number[]) => number[]): Model {
  const index = (position: readonly number[]) => position.reduce((flat, p, axis) => flat * x.shape[axis]! + p, 0);
  return { shape: [...shape], places: positions(shape).map((p) => x.places[index(from(p))]!), memory: x.memory };
}
