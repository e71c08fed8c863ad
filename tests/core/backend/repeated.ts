import { type Pool, pool } from "../../../core/backend/pool";

/**
 * What `fn` does when every part that may be done again is: three times, one after the other, as if two workers had been lost with
 * it. Returns how many parts were.
 */
export function repeated(fn: () => void): number {
  let count = 0;
  const run: Pool["run"] = (_number, _index, call, parts, repeatable) => {
    for (const part of parts) for (let i = 0; i < (repeatable ? 3 : 1); i++) call(...part);
    if (repeatable) count += parts.length;
  };
  const before = Object.getOwnPropertyDescriptor(pool, "run");
  pool.run = run;
  try {
    fn();
  } finally {
    if (before === undefined) delete (pool as Partial<Pool>).run;
    else Object.defineProperty(pool, "run", before);
  }
  return count;
}
