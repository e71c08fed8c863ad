import { seed, setThreads, threadCount } from "../../index.js";
import { holdings, KINDS } from "./kinds.js";

const threads = threadCount();
beforeAll(() => setThreads(1));
afterAll(() => setThreads(threads));

// The short version of `npm run soak`: what is reachable after a thousand steps and after three hundred more.
for (const [name, make] of Object.entries(KINDS)) {
  test(`${name}: 300 steps leave nothing behind`, () => {
    seed(3);
    const step = make();
    for (let i = 0; i < 1000; i++) step(i);
    const before = holdings();
    for (let i = 1000; i < 1300; i++) step(i);
    const after = holdings();
    // A slab of 64 KB holds small arrays of several moments.
    expect(after.arrays - before.arrays).toBeLessThanOrEqual(4 * 65536);
    expect(after.objects - before.objects).toBeLessThan(1e6);
  });
}
