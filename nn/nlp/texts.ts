import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";

/**
 * @throws ArgumentError, which names `operation`, for anything but text.
 */
export function checkText(operation: string, text: unknown): asserts text is string {
  if (typeof text !== "string") throw new ArgumentError(`${operation}: expected a text, got ${describe(text)}`);
}

/**
 * Texts as an array. One text alone is refused, for iterating it would give its characters.
 * @throws ArgumentError, whose message is about the `what` of `operation`, for anything but an iterable of texts.
 */
export function listOfTexts(operation: string, what: string, texts: unknown): string[] {
  if (typeof texts === "string" || !isIterable(texts)) {
    throw new ArgumentError(`${operation}: ${what} is ${describe(texts)}; expected an array of texts`);
  }
  const list = [...texts];
  const wrong = list.findIndex((text) => typeof text !== "string");
  if (wrong < 0) return list as string[];
  throw new ArgumentError(`${operation}: ${what} has ${describe(list[wrong])} at ${wrong}; expected a text`);
}

/**
 * The lines of a text or of several, one at a time.
 * @throws ArgumentError, which names `operation`, for anything else.
 */
export function* linesOf(operation: string, texts: string | Iterable<string>): Generator<string> {
  if (typeof texts !== "string" && !isIterable(texts)) {
    throw new ArgumentError(`${operation}: expected a text or an array of texts, got ${describe(texts)}`);
  }
  for (const text of typeof texts === "string" ? [texts] : texts) {
    checkText(operation, text);
    yield* text.split(/\r\n|\r|\n/);
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Iterable<unknown> | null | undefined)?.[Symbol.iterator] === "function";
}
