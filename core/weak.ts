import { nodeModule } from "./platform.js";

/**
 * Weak references that can be collected inside one synchronous loop.
 *
 * ECMAScript keeps the target of a WeakRef alive until the current job ends (ClearKeptObjects, section 9.10),
 * so a training loop that never yields would never free an output. Evaluating a script in a context with its own
 * microtask queue ends with a microtask checkpoint, which clears the kept objects and takes under 2 microseconds.
 */
const REFERENCES_PER_RELEASE = 1000;

let created = 0;
let checkpoint: (() => void) | undefined;

function makeCheckpoint(): () => void {
  const vm = nodeModule("node:vm");
  if (vm === undefined) return () => {};
  const context = vm.createContext({}, { microtaskMode: "afterEvaluate" });
  const script = new vm.Script("0");
  return () => {
    script.runInContext(context);
  };
}

/** Lets go of what WeakRefs made or read in this job still hold. In a browser this happens when the job ends. */
export function releaseKeptObjects(): void {
  created = 0;
  checkpoint ??= makeCheckpoint();
  checkpoint();
}

/** A weak reference to `target`; every thousandth call releases the kept objects. */
export function weakReference<T extends object>(target: T): WeakRef<T> {
  if (++created >= REFERENCES_PER_RELEASE) releaseKeptObjects();
  return new WeakRef(target);
}
