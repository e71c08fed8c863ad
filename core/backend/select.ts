import { environment } from "../platform.js";
import { nativeFunctions, openBlas } from "./openblas.js";
import { setNativeFunctions, threadCount } from "./parallel.js";
import { base, multiplyAdds } from "./wasm/modules.js";

/* Which kernels do a piece of work that is large enough, and what they are. */

const BACKENDS = ["js", "wasm", "openblas"] as const;

/** The name of a kernel implementation, as `RETROGRAD_BACKEND` takes it. */
export type BackendName = (typeof BACKENDS)[number];

/** What computes: see `backendInfo`. */
export interface BackendInfo {
  /** The implementation that does everything but tiny arrays; with openblas, the matrix products, and WebAssembly the rest. */
  backend: BackendName;
  /** How many threads share the work. */
  threads: number;
  /** Whether the kernels use SIMD instructions. */
  simd: boolean;
  /** Whether matrix products use instructions that multiply and add at once, with one rounding (relaxed SIMD). */
  fusedMultiplyAdd: boolean;
  /** Why OpenBLAS does not compute, or null when it does. */
  withoutOpenBlas: string | null;
}

/** The backend asked for by `RETROGRAD_BACKEND`, or null: the best there is. */
function requestedBackend(): BackendName | null {
  const name = environment("RETROGRAD_BACKEND");
  if (name === undefined || name === "") return null;
  const known = BACKENDS.find((backend) => backend === name);
  if (known !== undefined) return known;
  console.warn(`retrograd: unknown RETROGRAD_BACKEND "${name}", using the default; known are ${BACKENDS.join(", ")}`);
  return null;
}

const requested = requestedBackend();
let chosen: BackendName | undefined;
let forced: BackendName | null = null;

// Whoever starts the workers: they can call OpenBLAS only if they were told of it then.
if (requested === null || requested === "openblas") setNativeFunctions(nativeFunctions);

/** The kernels for work that is large enough. With `openblas` those of WebAssembly do what it does not. */
export function backend(): BackendName {
  if (forced !== null) return forced;
  chosen ??= choose();
  return chosen;
}

/** @internal Has one implementation do everything, whatever its size, from now on; null for the usual choice. For tests. */
export function forceBackend(name: BackendName | null): void {
  forced = name;
}

/** @internal Whether small work goes to the backend too. */
export function isForced(): boolean {
  return forced !== null;
}

function choose(): BackendName {
  if (requested === "js" || !compiles()) return "js";
  if (requested === "wasm") return "wasm";
  const blas = requested === "openblas" ? openBlas() : null;
  if (typeof blas === "string") console.warn(`retrograd: RETROGRAD_BACKEND is openblas, but ${blas}; using wasm`);
  return "openblas";
}

function compiles(): boolean {
  try {
    return base.functions !== undefined;
  } catch {
    return false;
  }
}

/** Which kernels run, on how many threads, and whether with SIMD. */
export function backendInfo(): BackendInfo {
  const name = backend();
  if (name === "js")
    return {
      backend: "js",
      threads: 1,
      simd: false,
      fusedMultiplyAdd: false,
      withoutOpenBlas: "the kernels are not WebAssembly",
    };
  const blas = name === "openblas" ? openBlas() : "RETROGRAD_BACKEND is wasm";
  const withoutOpenBlas = typeof blas === "string" ? blas : null;
  return {
    backend: withoutOpenBlas === null ? "openblas" : "wasm",
    threads: threadCount(),
    simd: true,
    fusedMultiplyAdd: multiplyAdds(),
    withoutOpenBlas,
  };
}
