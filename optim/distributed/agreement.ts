import { array } from "../../core/creation.js";
import { CommunicationError } from "../../core/errors.js";
import type { Communicator } from "./communicator.js";
import { gatherTexts } from "./texts.js";

/**
 * Checks that all ranks have the same lines, each of which says what something is. Costs one exchange of a few numbers when they do.
 * @throws CommunicationError, on all ranks, that says what differs, where and on which ranks.
 */
export function checkAgreement(communicator: Communicator, operation: string, lines: readonly string[]): void {
  if (communicator.size === 1) return;
  const text = lines.join("\n");
  const [low, high] = hashes(text);
  const marks = [low, high, lines.length];
  // The largest of the negated numbers tells the smallest: both in one exchange.
  const both = array(Int32Array.from([...marks, ...marks.map((mark) => -mark)]));
  const extremes = communicator.allReduce(both, "max").toTypedArray();
  if (marks.every((_, i) => extremes[i] === -extremes[i + marks.length]!)) return;
  const all = gatherTexts(communicator, text).map((other) => other.split("\n"));
  throw new CommunicationError(`${operation}: the ranks differ: ${difference(all)}; expected the same on all ranks`);
}

/** The first thing in which ranks differ. */
function difference(all: readonly (readonly string[])[]): string {
  const longest = Math.max(...all.map(({ length }) => length));
  for (let i = 0; i < longest; i++) {
    const ranks = new Map<string, number[]>();
    for (const [rank, lines] of all.entries()) {
      const line = lines[i] ?? "nothing more";
      ranks.set(line, [...(ranks.get(line) ?? []), rank]);
    }
    if (ranks.size === 1) continue;
    return [...ranks]
      .map(([line, list]) => `${line} on ${list.length === 1 ? "rank" : "ranks"} ${list.join(", ")}`)
      .join(" and ");
  }
  return "in what cannot be told";
}

/** Two numbers of 31 bits that differ, as good as certainly, where texts do: FNV-1a with two offsets (Fowler, Noll and Vo). */
function hashes(text: string): [number, number] {
  let a = 0x811c9dc5;
  let b = 0x050c5d1f;
  for (const byte of new TextEncoder().encode(text)) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ (byte + 0x55), 0x01000193);
  }
  return [a & 0x7fffffff, b & 0x7fffffff];
}
