import { BackwardPass } from "./backward-pass.js";
import { Function, setClassKeeper } from "./function.js";
import { GradientRelease } from "./release.js";

/*
 * Where a garbage collection finds no object of some hidden class alive, V8 forgets that class, and with it all code that it has
 * optimized for it. A sweep of the heap is such a collection, and at any time few kinds of Functions are alive: after each sweep some
 * thirty functions of this library would be compiled anew, by threads that take processors from those that compute. So while a
 * program trains, one object of each class is kept, without what makes it large.
 */

/** Of about so many Functions that are applied one is looked at. */
const EVERY = 50;

/** By class; a class that the program forgets goes. */
const kept = new WeakMap<object, Function>();
const others: object[] = [];
let untilLook = 1;
let draw = 1;

/**
 * @internal Keeps one object of each class of Functions that is applied from now on, of those that each backward pass makes, and those that
 * `more` makes when it is asked for the first time.
 */
export function keepHiddenClasses(more: () => object[]): void {
  if (others.length > 0) return;
  others.push(new BackwardPass(null, false), new GradientRelease(), ...more());
  setClassKeeper((fn) => {
    if (--untilLook > 0) return;
    // At random (Lehmer's generator): in a loop of as many Functions as steps from look to look, others would never be seen.
    draw = (draw * 48271) % 2147483647;
    untilLook = 1 + (draw % (2 * EVERY));
    if (!kept.has(fn.constructor)) kept.set(fn.constructor, emptyTwin(fn));
  });
}

/** @internal An object of the same hidden class, made as constructors make it: the base's properties first, then the others in their order. */
export function emptyTwin(fn: Function): Function {
  const twin = Reflect.construct(Function as unknown as new () => Function, [], fn.constructor) as Function;
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(fn))) {
    if (!("value" in property)) continue;
    Object.defineProperty(twin, key, { ...property, value: lightPart(property.value) });
  }
  return twin;
}

/** What keeps nothing else alive. */
function lightPart(value: unknown): unknown {
  if (Array.isArray(value)) return value.every((each) => typeof each === "number") ? value : null;
  return typeof value === "object" || typeof value === "function" ? null : value;
}
