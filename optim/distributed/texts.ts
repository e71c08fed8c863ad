import { array } from "../../core/creation.js";
import type { Communicator } from "./communicator.js";

/* Texts travel as their UTF-8 bytes, four to an int32, with their length before them. */

/**
 * The texts of all ranks, in their order.
 * @throws CommunicationError when the exchange fails.
 */
export function gatherTexts(communicator: Communicator, text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  const lengths = communicator.allGather(array(Int32Array.of(bytes.length))).toTypedArray();
  const words = Math.ceil(Math.max(...lengths) / 4);
  if (words === 0) return Array.from(lengths, () => "");
  const all = communicator.allGather(array(wordsOf(bytes, words))).toTypedArray() as Int32Array;
  return Array.from(lengths, (length, rank) => textOf(all.slice(rank * words, (rank + 1) * words), length));
}

/**
 * The text that rank 0 has; what the others give does not matter.
 * @throws CommunicationError when the exchange fails.
 */
export function broadcastText(communicator: Communicator, text: string): string {
  const bytes = new TextEncoder().encode(communicator.rank === 0 ? text : "");
  const length = communicator.broadcast(array(Int32Array.of(bytes.length))).item();
  const words = array(wordsOf(bytes, Math.ceil(length / 4)));
  return textOf(communicator.broadcast(words).toTypedArray() as Int32Array, length);
}

function wordsOf(bytes: Uint8Array, words: number): Int32Array {
  const padded = new Int32Array(words);
  new Uint8Array(padded.buffer).set(bytes);
  return padded;
}

function textOf(words: Int32Array, length: number): string {
  return new TextDecoder().decode(new Uint8Array(words.buffer, words.byteOffset, length));
}
