import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { jsKernels } from "../../../core/backend/js";
import { backendInfo, kernels } from "../../../core/backend/select";
import { wasmKernels } from "../../../core/backend/wasm";
import type { NDArray } from "../../../core/ndarray";
import { filled } from "./arrays";

const ROOT = join(__dirname, "../../..");

const PROGRAM = `
  import { backendInfo, kernels } from "./core/backend/select.ts";
  import { NDArray } from "./core/ndarray.ts";
  import { heap } from "./core/heap.ts";
  const x = NDArray.empty([1000], "float32");
  heap.f32.fill(2, x.address >>> 2, (x.address >>> 2) + 1000);
  kernels.binary("add", x, x, x);
  console.log(JSON.stringify([backendInfo(), x.toArray()[999]]));
`;

/** What a fresh process prints with `RETROGRAD_BACKEND` set to `name`: standard output, then standard error. */
function run(name: string | undefined): { output: unknown; warnings: string } {
  const env = { ...process.env, RETROGRAD_BACKEND: name };
  if (name === undefined) delete env.RETROGRAD_BACKEND;
  const redirected = `console.warn = (text) => console.log("warning: " + text);\n`;
  const args = [
    "--import",
    "tsx",
    "--input-type=module",
    "--eval",
    `${redirected}const run = async () => {${dynamic(PROGRAM)}};\nawait run();`,
  ];
  const lines = execFileSync(process.execPath, args, { cwd: ROOT, env, encoding: "utf8" }).trim().split("\n");
  return { output: JSON.parse(lines.pop()!), warnings: lines.join("\n") };
}

/** Imports that are evaluated after the redirection of console.warn, not before it. */
function dynamic(program: string): string {
  return program.replace(/import (\{[^}]*\}) from ("[^"]*");/g, "const $1 = await import($2);");
}

describe("RETROGRAD_BACKEND", () => {
  test("is wasm when not set", () => {
    expect(run(undefined)).toEqual({ output: [{ backend: "wasm", threads: 1, simd: true }, 4], warnings: "" });
  });

  test("js keeps everything in TypeScript", () => {
    expect(run("js")).toEqual({ output: [{ backend: "js", threads: 1, simd: false }, 4], warnings: "" });
  });

  test("an unknown name warns once and names those there are", () => {
    const { output, warnings } = run("cuda");
    expect(output).toEqual([{ backend: "wasm", threads: 1, simd: true }, 4]);
    expect(warnings).toBe('warning: retrograd: unknown RETROGRAD_BACKEND "cuda", using wasm; known are js, wasm');
  });
});

describe("the dispatcher", () => {
  test("offers every kernel there is", () => {
    expect(Object.keys(kernels).sort()).toEqual(Object.keys(jsKernels).sort());
    expect(Object.keys(wasmKernels).sort()).toEqual(Object.keys(jsKernels).sort());
  });

  test("keeps tiny arrays in TypeScript and sends others to the backend", () => {
    const large = backendInfo().backend === "wasm" ? wasmKernels : jsKernels;
    const tiny = jest.spyOn(jsKernels, "binary");
    const other = jest.spyOn(large, "binary");
    const add = (n: number): NDArray => {
      const x = filled([n], "float32", (i) => i);
      kernels.binary("add", x, x, x);
      return x;
    };
    expect(add(10).toArray()).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect(tiny).toHaveBeenCalledTimes(1);
    other.mockClear();
    add(1000);
    expect(other).toHaveBeenCalledTimes(1);
    tiny.mockRestore();
    other.mockRestore();
  });
});
