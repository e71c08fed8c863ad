/*
 * Numbers that every twin makes for itself, in its own language, and that come out the same, so that the twins can be seen
 * to compute the same thing.
 */

/** `n` numbers between -scale and scale without a pattern; another `salt` gives others. */
export function values(n: number, salt: number, scale = 1): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const wide = Math.sin(i * 12.9898 + salt * 78.233) * 43758.5453;
    out[i] = (2 * (wide - Math.floor(wide)) - 1) * scale;
  }
  return out;
}

/** The class of each of `n` examples. */
export function classes(n: number, count: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => (i * 7) % count);
}

/** The mean of the absolute values: the same whatever the layout, so that NHWC compares with NCHW. */
export function meanAbsolute(numbers: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += Math.abs(numbers[i]!);
  return total / numbers.length;
}
