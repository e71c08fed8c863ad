/** Whole numbers below `n`, from a generator of its own: the arrays' one belongs to what is tested. */
export type Below = (n: number) => number;

/** The numbers that follow from `seed`. */
export function chance(seed: number): Below {
  let state = seed | 0;
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % n;
  };
}

/** One of `choices`. */
export const pick = <T>(choices: readonly T[], below: Below): T => choices[below(choices.length)]!;
