import { ArgumentError } from "./errors.js";
import { heap, type Storage } from "./heap.js";
import { NDArray } from "./ndarray.js";
import { describe } from "./options.js";
import { RowGradient } from "./row-gradient.js";
import { Variable } from "./variable.js";

/*
 * Nothing has to be disposed by hand: sweeps find what nobody holds any more. But until the next sweep each result is new memory, and
 * cold. Who knows where a piece of work ends can say so, and its memory is used again at once.
 */

/**
 * Runs `fn`, and gives the memory of all arrays that it made back at once, except
 *
 * - what it returns: Variables and NDArrays, also in arrays, objects, Maps and Sets;
 * - what belongs to something that lasts: the values of Parameters, the gradients of leaves, what layers and optimizers remember, and
 *   whatever was given to the `data` of a Variable;
 * - what was given to `keep`.
 *
 * Using anything else that it made afterwards is a GraphError, and so is a backward through what it returned. Without `tidy` all of it
 * comes back too, but later, in sweeps. It may be nested: what an inner one returns belongs to the outer one. When `fn` throws,
 * nothing is given back early. TensorFlow.js's `tf.tidy`.
 *
 *     const loss = tidy(() => {
 *       const loss = F.softmaxCrossEntropy(model.forward(x), t);
 *       optimizer.zeroGrad();
 *       loss.backward();
 *       optimizer.step();
 *       return loss.item();
 *     });
 *
 * @throws ArgumentError when `fn` is no function, or an asynchronous one: it would still be at work.
 */
export function tidy<T>(fn: () => T): T {
  if (typeof fn !== "function" || fn.constructor.name === "AsyncFunction") {
    throw new ArgumentError(
      `tidy: got ${typeof fn === "function" ? "an asynchronous function" : describe(fn)}; expected a synchronous one`,
    );
  }
  const outer = heap.scope;
  heap.scope = [];
  let made: readonly WeakRef<Storage>[];
  let result: T;
  let finished = false;
  try {
    result = fn();
    finished = !(result instanceof Promise);
  } finally {
    made = heap.scope;
    heap.scope = outer;
    if (!finished && outer !== null) for (const reference of made) outer.push(reference);
  }
  if (!finished) throw new ArgumentError("tidy: the function returned a Promise; expected a synchronous one");
  const returned = new Set<Storage>();
  findStorages(result, (storage) => returned.add(storage));
  for (const reference of made) {
    const storage = reference.deref();
    if (storage === undefined || storage.kept) continue;
    if (returned.has(storage)) outer?.push(reference);
    else heap.release(storage);
  }
  return result;
}

/**
 * Says that `x` outlives the `tidy` in which it was made, and returns it: a Variable or an NDArray, or arrays, objects, Maps and Sets
 * of them. Its memory comes back in a sweep, once nobody holds it.
 */
export function keep<T>(x: T): T {
  findStorages(x, keepStorage);
  return x;
}

function keepStorage(storage: Storage): void {
  storage.kept = true;
}

/** Calls `found` for the memory of every array in `value`, however deep, but not for that of the graphs behind Variables. */
function findStorages(value: unknown, found: (storage: Storage) => void): void {
  if (typeof value !== "object" || value === null) return;
  const seen = new Set<object>([value]);
  const open: object[] = [value];
  const visit = (inner: unknown): void => {
    if (typeof inner !== "object" || inner === null || seen.has(inner)) return;
    seen.add(inner);
    open.push(inner);
  };
  for (let x = open.pop(); x !== undefined; x = open.pop()) {
    if (x instanceof NDArray) {
      found(x.storage);
    } else if (x instanceof Variable) {
      found(x.storage);
      if (x instanceof RowGradient && x.rows !== null) found(x.rows.rows.storage);
      visit(x.peekGrad());
    } else if (x instanceof Map) {
      for (const [key, entry] of x) {
        visit(key);
        visit(entry);
      }
    } else if (Array.isArray(x) || x instanceof Set) {
      for (const entry of x) visit(entry);
    } else if (!ArrayBuffer.isView(x)) {
      for (const entry of Object.values(x)) visit(entry);
    }
  }
}
