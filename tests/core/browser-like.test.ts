import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../..");

/** What computes where these things are not there, and the gradient of the sum of the squares of 0, 1, 2, 0, ... */
function computeWithout(...refused: string[]) {
  const command = ["--import", "tsx", join("tests/core/browser-like.ts"), ...refused];
  const env = { ...process.env, RETROGRAD_BACKEND: "" };
  const { stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8", env });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as { backend: string; threads: number; gradients: number[]; reserved: number };
}

test("a page that is not cross-origin isolated has no SharedArrayBuffer: WebAssembly, on one thread", () => {
  const { backend, threads, gradients } = computeWithout("SharedArrayBuffer");
  expect({ backend, threads, gradients }).toEqual({ backend: "wasm", threads: 1, gradients: [0, 2, 4, 0] });
});

test("where shared memory is refused altogether, TypeScript computes, in a memory that grows", () => {
  const { backend, threads, gradients, reserved } = computeWithout("SharedArrayBuffer", "shared memory");
  expect({ backend, threads, gradients }).toEqual({ backend: "js", threads: 1, gradients: [0, 2, 4, 0] });
  expect(reserved).toBeGreaterThan(24e6);
});
