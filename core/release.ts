import { heap, type Storage } from "./heap.js";
import type { Variable } from "./variable.js";

/*
 * Gradients on their way through a backward pass are used once. Waiting for a sweep to take their memory back would let each pass
 * walk through new memory, which is slow: it is cold. So a pass that records no graph gives a gradient's memory back as soon as the
 * function that it was for has used it.
 *
 * It does so only for storages that were allocated inside this pass (so never for what a `backward` returned from its saved
 * data), that no other gradient of the pass lies in (views share storages), and that nobody else can have seen: not what goes to or
 * comes from a hook, or a Function that is not a FrugalFunction. A leaf's gradient is given back by `clearGrad`, unless somebody
 * has read `grad` in between.
 */

const FOREVER = 2 ** 40;

/** Says that one leaf's gradient, just allocated, is all that lies in its memory. */
export function claim(gradient: Variable): void {
  const { storage } = gradient;
  if (!storage.slab) storage.holders++;
}

/** Gives the memory of a leaf's gradient back, if a backward pass allocated it and it is the last leaf whose gradient lies there. */
export function giveBack(gradient: Variable): void {
  const { storage } = gradient;
  if (!storage.slab && --storage.holders === 0) heap.release(storage);
}

/** Says that a gradient that was put down, or is a leaf's, has moved from one memory to another, just allocated. */
export function handOver(from: Storage, to: Storage): void {
  if (to.slab) return;
  // Nothing is known of who has seen what lies in a slab.
  to.holders = from.slab || from.holders >= FOREVER ? FOREVER : 1;
  to.kept = from.kept;
  from.holders--;
}

/** Keeps count of the gradients of one pass and releases them. */
export class GradientRelease {
  private readonly since = heap.serial;

  /** A gradient has been put down to be used later. */
  hold(gradient: Variable): void {
    const { storage } = gradient;
    if (!storage.slab) storage.holders++;
  }

  /** Somebody outside the pass may see the gradient: it is never released. */
  keep(gradient: Variable): void {
    const { storage } = gradient;
    if (!storage.slab) storage.holders += FOREVER;
  }

  /** A gradient that was held becomes that of a leaf, which gives it back when it forgets it. */
  own(gradient: Variable): void {
    if (gradient.storage.serial < this.since) this.keep(gradient);
  }

  /** A gradient that was held has been used. */
  drop(gradient: Variable): void {
    const { storage } = gradient;
    if (!storage.slab && --storage.holders === 0 && storage.serial >= this.since) heap.release(storage);
  }
}
