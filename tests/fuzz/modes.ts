import { setGrain, setThreads, threadCount } from "../../core/backend/parallel.js";
import { type BackendName, forceBackend } from "../../core/backend/select.js";

/** Ways to compute: which kernels do everything, whatever its size, and among how many threads even the smallest work is divided. */
const MODES: Readonly<Record<string, { backend: BackendName | null; threads: number }>> = {
  default: { backend: null, threads: 1 },
  js: { backend: "js", threads: 1 },
  wasm: { backend: "wasm", threads: 1 },
  "wasm, 3 threads": { backend: "wasm", threads: 3 },
  openblas: { backend: "openblas", threads: 1 },
  "openblas, 3 threads": { backend: "openblas", threads: 3 },
};

/** The names of the ways to compute. */
export const modes = Object.keys(MODES);

/** Runs `f` in one of the modes. */
export function inMode<T>(mode: string, f: () => T): T {
  const { backend, threads } = MODES[mode]!;
  const before = threadCount();
  setThreads(threads);
  const grain = setGrain(threads > 1 ? 1 : null);
  forceBackend(backend);
  try {
    return f();
  } finally {
    forceBackend(null);
    setGrain(grain);
    setThreads(before);
  }
}
