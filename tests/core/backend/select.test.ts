import { execFileSync } from "node:child_process";
import { join } from "node:path";
import * as jsElementwise from "../../../core/backend/js/elementwise";
import { openBlas } from "../../../core/backend/openblas";
import { threadCount } from "../../../core/backend/parallel";
import { type BackendInfo, backendInfo, forceBackend } from "../../../core/backend/select";
import * as wasmElementwise from "../../../core/backend/wasm/elementwise";
import type { NDArray } from "../../../core/ndarray";
import { filled } from "./arrays";
import { jsKernels, kernels, wasmKernels } from "./implementations";

const ROOT = join(__dirname, "../../..");

const PROGRAM = `
  import { backendInfo } from "./core/backend/select.ts";
  import { binary } from "./core/backend/dispatch.ts";
  import { NDArray } from "./core/ndarray.ts";
  import { heap } from "./core/heap.ts";
  const x = NDArray.empty([1000], "float32");
  heap.f32.fill(2, x.address >>> 2, (x.address >>> 2) + 1000);
  binary("add", x, x, x);
  console.log(JSON.stringify([backendInfo(), x.toArray()[999]]));
`;

/** What a fresh process prints with the variables of `settings`: standard output, then standard error. */
function run(settings: Record<string, string>): { info: BackendInfo; element: number; warnings: string } {
  const env = { ...process.env, RETROGRAD_THREADS: "3", ...settings };
  if (!("RETROGRAD_BACKEND" in settings)) delete (env as NodeJS.ProcessEnv).RETROGRAD_BACKEND;
  const redirected = `console.warn = (text) => console.log("warning: " + text);\n`;
  const args = [
    "--import",
    "tsx",
    "--input-type=module",
    "--eval",
    `${redirected}const run = async () => {${dynamic(PROGRAM)}};\nawait run();`,
  ];
  const lines = execFileSync(process.execPath, args, { cwd: ROOT, env, encoding: "utf8" }).trim().split("\n");
  const [info, element] = JSON.parse(lines.pop()!) as [BackendInfo, number];
  return { info, element, warnings: lines.join("\n") };
}

/** Imports that are evaluated after the redirection of console.warn, not before it. */
function dynamic(program: string): string {
  return program.replace(/import (\{[^}]*\}) from ("[^"]*");/g, "const $1 = await import($2);");
}

describe("settings from outside", () => {
  const missing = "/nowhere/libopenblas.so";

  test("wasm", () => {
    const { info, element, warnings } = run({ RETROGRAD_BACKEND: "wasm" });
    const { fusedMultiplyAdd, ...rest } = info;
    expect(typeof fusedMultiplyAdd).toBe("boolean");
    expect(rest).toEqual({ backend: "wasm", threads: 3, simd: true, withoutOpenBlas: "RETROGRAD_BACKEND is wasm" });
    expect([element, warnings]).toEqual([4, ""]);
  });

  test("js keeps everything in TypeScript, on one thread", () => {
    const { info, element, warnings } = run({ RETROGRAD_BACKEND: "js" });
    expect([info.backend, info.threads, info.simd]).toEqual(["js", 1, false]);
    expect([element, warnings]).toEqual([4, ""]);
  });

  test("by default OpenBLAS where it is found, else WebAssembly, without a word", () => {
    const { info, element, warnings } = run({});
    expect(info.backend).toBe(info.withoutOpenBlas === null ? "openblas" : "wasm");
    expect([element, warnings]).toEqual([4, ""]);
    const without = run({ RETROGRAD_OPENBLAS: missing });
    expect(without.info.backend).toBe("wasm");
    expect(without.info.withoutOpenBlas).toMatch(/is not an OpenBLAS library|koffi is not installed/);
    expect(without.warnings).toBe("");
  });

  test("OpenBLAS asked for and not there: one line says why, and WebAssembly computes", () => {
    const { info, element, warnings } = run({ RETROGRAD_BACKEND: "openblas", RETROGRAD_OPENBLAS: missing });
    expect([info.backend, element]).toEqual(["wasm", 4]);
    expect(warnings).toMatch(/^warning: retrograd: RETROGRAD_BACKEND is openblas, but .*; using wasm$/);
  });

  test("an unknown backend warns once and names those there are", () => {
    const { element, warnings } = run({ RETROGRAD_BACKEND: "cuda" });
    expect(element).toBe(4);
    expect(warnings).toBe(
      'warning: retrograd: unknown RETROGRAD_BACKEND "cuda", using the default; known are js, wasm, openblas',
    );
  });

  test.each(["0", "-2", "1.5", "many"])("%s threads warn once, and the default stays", (text) => {
    const { info, warnings } = run({ RETROGRAD_THREADS: text, RETROGRAD_BACKEND: "wasm" });
    expect(info.threads).toBeGreaterThanOrEqual(1);
    expect(warnings).toBe(
      `warning: retrograd: RETROGRAD_THREADS is "${text}", using ${info.threads}; expected a whole number of at least 1`,
    );
  });
});

describe("what computes", () => {
  afterEach(() => forceBackend(null));

  test("TypeScript", () => {
    forceBackend("js");
    expect(backendInfo()).toEqual({
      backend: "js",
      threads: 1,
      simd: false,
      fusedMultiplyAdd: false,
      withoutOpenBlas: "the kernels are not WebAssembly",
    });
  });

  test("WebAssembly, and OpenBLAS where it is found", () => {
    forceBackend("wasm");
    const { fusedMultiplyAdd, ...wasm } = backendInfo();
    expect(wasm).toEqual({
      backend: "wasm",
      threads: threadCount(),
      simd: true,
      withoutOpenBlas: "RETROGRAD_BACKEND is wasm",
    });
    forceBackend("openblas");
    const found = openBlas();
    const without = typeof found === "string" ? found : null;
    expect(backendInfo()).toEqual({
      ...wasm,
      fusedMultiplyAdd,
      backend: without === null ? "openblas" : "wasm",
      withoutOpenBlas: without,
    });
  });
});

describe("the dispatcher", () => {
  // The types in implementations.ts say that none is missing.
  test("offers kernels that have twins, and nothing else", () => {
    const names = Object.keys(kernels);
    expect(names.length).toBeGreaterThan(40);
    expect(Object.keys(jsKernels)).toEqual(expect.arrayContaining(names));
    expect(Object.keys(wasmKernels)).toEqual(expect.arrayContaining(names));
  });

  test("keeps tiny arrays in TypeScript and sends others to the backend", () => {
    const large = process.env.RETROGRAD_BACKEND === "js" ? jsElementwise : wasmElementwise;
    const tiny = jest.spyOn(jsElementwise, "binary");
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
