import { generator } from "../../core/rng.js";
import type { Vocabulary } from "./vocabulary.js";

/** The words of a corpus by their ids, one line after the other. */
export interface Corpus {
  readonly ids: Int32Array;
  /** For each line, where the next begins. */
  readonly ends: Int32Array;
}

/** A word and those around it. */
export interface Window {
  readonly word: number;
  readonly context: Int32Array;
}

/** The words of `lines` that are in the vocabulary; lines without a pair of them are left out. */
export function encodeLines(lines: Iterable<string>, vocabulary: Vocabulary): Corpus {
  const rows: Int32Array[] = [];
  for (const line of lines) {
    const ids = vocabulary.wordsToIndices(vocabulary.filter(vocabulary.tokenize(line), { unk: false }));
    if (ids.length > 1) rows.push(ids);
  }
  return joined(rows);
}

/** A corpus of those words alone that remain when each does with the probability `keep[id]`. */
export function subsample({ ids, ends }: Corpus, keep: Float64Array): Corpus {
  const rows = Array.from(ends, (end, line) => {
    const row = ids.subarray(line === 0 ? 0 : ends[line - 1], end);
    return row.filter((id) => generator.uniform() < keep[id]!);
  });
  return joined(rows.filter((row) => row.length > 1));
}

/**
 * Every word of a corpus in random order, with those of its line that are at most so far from it as is drawn anew for each word, 1 to
 * `contextLen`.
 */
export function* windows({ ids, ends }: Corpus, contextLen: number): Generator<Window> {
  const lines = new Int32Array(ids.length);
  for (const [line, end] of ends.entries()) lines.fill(line, line === 0 ? 0 : ends[line - 1], end);
  for (const at of generator.permutation(ids.length)) {
    const radius = 1 + generator.integer(contextLen);
    const line = lines[at]!;
    const start = Math.max(line === 0 ? 0 : ends[line - 1]!, at - radius);
    const end = Math.min(ends[line]!, at + radius + 1);
    const context = new Int32Array(end - start - 1);
    context.set(ids.subarray(start, at));
    context.set(ids.subarray(at + 1, end), at - start);
    yield { word: ids[at]!, context };
  }
}

function joined(rows: readonly Int32Array[]): Corpus {
  let total = 0;
  const ends = Int32Array.from(rows, (row) => {
    total += row.length;
    return total;
  });
  const ids = new Int32Array(total);
  for (const [line, row] of rows.entries()) ids.set(row, ends[line]! - row.length);
  return { ids, ends };
}
