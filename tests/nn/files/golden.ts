import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NDArray } from "../../../core/index.js";
import { readNpz } from "../../../nn/index.js";

/** Where the files are that NumPy, PyTorch (tests/golden/files.py) and retrograd (tests/golden/files-dump.ts) wrote. */
export const GOLDEN = join(__dirname, "../../golden/files");

/** The bytes of one of them. */
export const goldenBytes = (name: string) => new Uint8Array(readFileSync(join(GOLDEN, name)));

/** What an array holds, as NumPy says it. */
interface Expected {
  readonly shape: number[];
  readonly values: (number | "nan" | "inf" | "-inf")[];
}

/** What is in the files. */
export const expected: Readonly<Record<string, Expected & Readonly<Record<string, Expected>>>> = JSON.parse(
  readFileSync(`${GOLDEN}.json`, "utf8"),
);

/** Checks that an array is what NumPy says, to the bit. */
export function expectArray(x: NDArray, { shape, values }: Expected): void {
  const special = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };
  expect(x.shape).toEqual(shape);
  expect([...x.toTypedArray()]).toEqual(values.map((value) => (typeof value === "number" ? value : special[value])));
}

/** The parts of the archive of twins that belong to one. */
export function goldenTwin(name: string): { state: Record<string, NDArray>; inputs: NDArray[]; y: NDArray } {
  const parts = Object.entries(twins()).filter(([key]) => key.startsWith(`${name}: `));
  const rest = parts.map(([key, value]) => [key.slice(name.length + 2), value] as const);
  const [, y] = rest.find(([key]) => key === "y")!;
  const inputs = rest.filter(([key]) => /^x\d$/.test(key)).map(([, value]) => value);
  const state = rest.flatMap(([key, value]) => (key.startsWith("state ") ? [[key.slice(6), value] as const] : []));
  return { state: Object.fromEntries(state), inputs, y };
}

let read: Record<string, NDArray> | null = null;

/** Read once. Ids and numbers of batches are int64 there. */
function twins(): Record<string, NDArray> {
  read ??= readNpz(join(GOLDEN, "twins.npz"), { convert: true });
  return read;
}
