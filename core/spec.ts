import { ArgumentError } from "./errors.js";
import { describe, unquoted } from "./options.js";

/*
 * Many things can be asked for by name: activations, initializers, optimizers. This file reads the ways of saying so,
 *
 *     "relu"   "Leaky ReLU(alpha=0.1)"   { name: "leakyRelu", alpha: 0.1 }
 *     { layer: "LeakyReLU", hyperparameters: { alpha: 0.1 } }
 *
 * and writes the second. It knows neither the names nor the arguments there are.
 */

/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A name and arguments as they were written, so that a key may be there twice. */
export interface Spec {
  readonly name: string;
  readonly args: readonly (readonly [key: string, value: Json])[];
}

/** A name with its arguments as an object, for a JSON file: `{ name: "trunc_normal", std: 0.02 }`. */
export interface SpecObject {
  readonly name: string;
  readonly [key: string]: Json;
}

const NAME = /^[A-Za-z][\w\s-]*$/;
const KEY = /^[A-Za-z_][\w-]*$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const WORDS = new Map<string, Json>([
  ["true", true],
  ["false", false],
  ["none", null],
  ["null", null],
]);
const CLOSING = new Map([
  ["(", ")"],
  ["[", "]"],
]);

/** What is left of a name or a key without case, spaces, underscores and hyphens: all that spellings may differ in. */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, "");
}

/** Whether a text can stand before the bracket of a spec. */
export function isSpecName(name: string): boolean {
  return NAME.test(name);
}

/**
 * The spec that `value` says: a text `name(key=value, ...)`, an object `{ name, ...arguments }`, or the config
 * `{ [kind]: name, hyperparameters: {...} }`. Undefined when it is none of these.
 * @throws ArgumentError, whose message starts with `what`, for a text that cannot be read.
 */
export function readSpec(what: string, kind: string, value: unknown): Spec | undefined {
  if (typeof value === "string") return parseSpec(what, value);
  if (!isPlainObject(value)) return undefined;
  for (const key of [kind, "name"]) {
    const name = Object.hasOwn(value, key) ? value[key] : undefined;
    if (typeof name !== "string") continue;
    const rest = Object.entries(value).filter(([other, given]) => other !== key && given !== undefined);
    return { name, args: key === "name" ? (rest as [string, Json][]) : hyperparametersOf(what, rest) };
  }
  return undefined;
}

function hyperparametersOf(what: string, rest: readonly [string, unknown][]): [string, Json][] {
  const other = rest.find(([key]) => key !== "hyperparameters")?.[0];
  if (other !== undefined)
    throw new ArgumentError(`${what} has an entry ${unquoted(other)}; expected hyperparameters alone`);
  const given = rest.length === 0 ? {} : rest[0]![1];
  if (isPlainObject(given)) return Object.entries(given).filter(([, value]) => value !== undefined) as [string, Json][];
  throw new ArgumentError(`${what} has hyperparameters ${describe(given)}; expected an object`);
}

/** Whether it is an object that a literal or `JSON.parse` made, in any realm. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Reads `name` or `name(key=value, ...)`. Values are numbers, `true`, `false`, `none` and `null` in any case, quoted text
 * (a backslash before a quote or a backslash), lists in either kind of bracket, and bare names, also with arguments of their
 * own, which are handed on as text.
 * @throws ArgumentError, whose message starts with `what`, that says what is wrong with the text.
 */
export function parseSpec(what: string, text: string): Spec {
  try {
    const trimmed = text.trim();
    const open = trimmed.indexOf("(");
    const name = (open < 0 ? trimmed : trimmed.slice(0, open)).trim();
    if (!NAME.test(name)) throw new Unreadable(name === "" ? "there is no name" : `${describe(name)} is no name`);
    if (open < 0) return { name, args: [] };
    if (!trimmed.endsWith(")")) throw new Unreadable("it does not end with the bracket that it opens");
    return { name, args: itemsOf(trimmed.slice(open + 1, -1)).map(argumentOf) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new ArgumentError(`${what} is ${describe(text)}: ${error.message}; expected name(key=value, ...)`);
  }
}

/** What is wrong with a text. */
class Unreadable extends Error {}

function argumentOf(item: string): [key: string, value: Json] {
  const equals = item.indexOf("=");
  if (equals < 0) throw new Unreadable(`${describe(item)} has no key`);
  const key = item.slice(0, equals).trim();
  if (!KEY.test(key)) throw new Unreadable(`${describe(key)} is no key`);
  return [key, valueOf(key, item.slice(equals + 1).trim())];
}

function valueOf(key: string, text: string): Json {
  if (text === "") throw new Unreadable(`${key} has no value`);
  const word = WORDS.get(text.toLowerCase());
  if (word !== undefined) return word;
  if (NUMBER.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw new Unreadable(`${key} is ${unquoted(text)}, too large for a number`);
  }
  const [first, last] = [text[0]!, text.at(-1)!];
  if (first === '"' || first === "'") {
    const end = quoteEnd(text, 0);
    if (end === text.length) return text.slice(1, -1).replace(/\\(["'\\])/g, "$1");
  } else if (CLOSING.get(first) === last) {
    return itemsOf(text.slice(1, -1)).map((item) => valueOf(key, item));
  } else if (NAME.test(text)) {
    return text;
  } else if (last === ")" && NAME.test(text.slice(0, text.indexOf("(")))) {
    return text;
  }
  throw new Unreadable(`${key} is ${unquoted(text)}, which is no number, word, quoted text or list`);
}

/** The parts between commas, those inside quotes and brackets aside, without the spaces around them. */
function itemsOf(text: string): string[] {
  const items: string[] = [];
  const expected: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    const closing = CLOSING.get(char);
    if (closing !== undefined) expected.push(closing);
    else if (char === ")" || char === "]") {
      if (expected.pop() !== char) throw new Unreadable(`it has a ${char} too many`);
    } else if (char === '"' || char === "'") i = quoteEnd(text, i) - 1;
    else if (char === "," && expected.length === 0) {
      items.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  if (expected.length > 0) throw new Unreadable(`it lacks a ${expected.at(-1)}`);
  const last = text.slice(start).trim();
  // Python writes a comma behind the only item of a list.
  if (last !== "") items.push(last);
  if (items.includes("")) throw new Unreadable("there is nothing between two commas");
  return items;
}

/** The index behind the quote that ends the quoted text starting at `start`. */
function quoteEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === text[start]) return i + 1;
  }
  throw new Unreadable("a quote is not closed");
}

/**
 * `name(key=value, ...)`, just the name without arguments: what `parseSpec` reads as the same.
 * @throws ArgumentError for an object or a number that is not finite, which have no such form.
 */
export function specText(name: string, args: Readonly<Record<string, Json>>): string {
  const written = Object.entries(args).map(([key, value]) => `${key}=${valueText(name, key, value)}`);
  return written.length === 0 ? name : `${name}(${written.join(", ")})`;
}

function valueText(name: string, key: string, value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item) => valueText(name, key, item)).join(", ")}]`;
  if (typeof value === "string") return bare(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
  if (typeof value === "number" && Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "boolean" || value === null) return String(value);
  throw new ArgumentError(
    `${name}: ${key} is ${describe(value)}; expected a finite number, text, true, false, null or a list`,
  );
}

/** Whether a text reads back as itself without quotes. */
function bare(text: string): boolean {
  return /^[A-Za-z]\w*$/.test(text) && !WORDS.has(text.toLowerCase());
}

/**
 * The arguments of a spec under the spelling of `known`.
 * @throws ArgumentError, whose message starts with `what`, for a key that is not known or given twice.
 */
export function matchArguments(what: string, { args }: Spec, known: readonly string[]): Record<string, Json> {
  const matched = new Map<string, Json>();
  for (const [key, value] of args) {
    const match = known.find((other) => foldName(other) === foldName(key));
    if (match === undefined) {
      const expected = known.length === 0 ? "it takes none" : `expected ${known.join(", ")}`;
      throw new ArgumentError(`${what}: unknown argument ${unquoted(key)}; ${expected}`);
    }
    if (matched.has(match)) throw new ArgumentError(`${what}: ${match} is given twice`);
    matched.set(match, value);
  }
  return Object.fromEntries(matched);
}
