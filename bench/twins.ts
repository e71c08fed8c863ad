import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** How to start a program: its file, arguments and what it has in its environment beyond ours. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A package to measure: retrograd on one of its backends, or something it is compared with. */
export interface Twin {
  /** As the options and targets.json have it; `retrograd:wasm` and the like for retrograd itself. */
  readonly name: string;
  /** The program that serves the workloads on so many threads. */
  serve(threads: number): Command;
  /** A process that does nothing but start, and one that imports the package and does a first operation. */
  readonly coldStart: { readonly empty: Command; readonly first: Command };
  /** Why it cannot be measured, and how to install it; null when it can. */
  missing(): string | null;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const python = process.env.PYTHON ?? "/usr/bin/python3";

function typescript(path: string, env: Record<string, string> = {}): Command {
  return { file: process.execPath, args: ["--import", "tsx", here(path)], env };
}

function coldStart(script: string, env: Record<string, string> = {}) {
  const node = (path: string): Command => ({ file: process.execPath, args: [here(path)], env });
  return { empty: { file: process.execPath, args: ["-e", "0"] }, first: node(script) };
}

function packageMissing(name: string): string | null {
  return existsSync(here(`node_modules/${name}`)) ? null : `${name} is not installed: npm install --prefix bench`;
}

/**
 * retrograd with RETROGRAD_BACKEND set: its sources, compiled on the fly, or what `npm run build` made of them. Each step runs inside `tidy`,
 * or leaves its memory to sweeps.
 */
export function retrograd(backend: string, built: boolean, tidy: boolean): Twin {
  const env: Record<string, string> = { RETROGRAD_BACKEND: backend, BENCH_TIDY: tidy ? "1" : "0" };
  if (built) env.TSX_TSCONFIG_PATH = here("tsconfig.built.json");
  return {
    name: `retrograd:${backend}`,
    serve: (threads) => typescript("twins/retrograd.ts", { ...env, BENCH_THREADS: `${threads}` }),
    coldStart: coldStart("cold-start/retrograd.mjs", env),
    missing: () => null,
  };
}

/** What retrograd is compared with, in the order of the report. */
export const twins: readonly Twin[] = [
  {
    name: "pytorch",
    serve: (threads) => ({
      file: python,
      args: [here("twins/pytorch.py")],
      env: { BENCH_THREADS: `${threads}`, OMP_NUM_THREADS: `${threads}` },
    }),
    coldStart: {
      empty: { file: python, args: ["-c", "0"] },
      first: { file: python, args: [here("cold-start/pytorch.py")] },
    },
    missing: () =>
      spawnSync(python, ["-c", "import numpy, torch"]).status === 0
        ? null
        : `${python} has no torch: apt-get install -y --no-install-recommends python3-torch python3-numpy ` +
          "libopenblas0-openmp, or set PYTHON",
  },
  {
    name: "tfjs",
    serve: () => typescript("twins/tfjs.mjs"),
    coldStart: coldStart("cold-start/tfjs.mjs"),
    missing: () => packageMissing("@tensorflow/tfjs-backend-wasm"),
  },
  {
    name: "jax-js",
    serve: () => typescript("twins/jax.mjs"),
    coldStart: coldStart("cold-start/jax.mjs"),
    missing: () => packageMissing("@jax-js/jax"),
  },
];
