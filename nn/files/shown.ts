import { describe } from "../../core/options.js";

const LONGEST = 80;

/** A value out of a file as messages show it. Unlike `describe` it is short whatever the value is, and does not follow nesting. */
export function shown(value: unknown): string {
  if (!Array.isArray(value)) return shortened(describe(typeof value === "string" ? value.slice(0, LONGEST) : value));
  if (value.length > 32) return `a list of ${value.length}`;
  return shortened(`[${value.map((item) => (Array.isArray(item) ? "[...]" : shown(item))).join(", ")}]`);
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`;
}
