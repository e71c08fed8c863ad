import { OutOfMemoryError, RetrogradError } from "../../core/errors.js";
import { heap } from "../../core/heap.js";

/** What became of a case. */
export type Outcome = "read" | "refused";

/** Something that no file may do. */
export class Defect extends Error {
  override name = "Defect";
}

/** Milliseconds of the processor that no case may take; a case takes less than one. The clock goes on while others have the processor. */
const PATIENCE = 10_000;
/** Bytes that any case may allocate. */
const FREE = 2 ** 16;

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Number.prototype];
const members = () => prototypes.map((prototype) => Reflect.ownKeys(prototype).map(String).join()).join(";");
const MEMBERS = members();

/**
 * Runs a case and says what became of it. `most` bytes may be allocated, on the heap and as typed arrays each; where `refuse` is given,
 * more of the heap are refused as too many rather than counted as a defect: what is asked for is large, and not a file's contents.
 * @throws Defect for an error that is not the library's own, too much memory or time, and changed prototypes.
 */
export async function watched(run: () => unknown, most: number, refuse = false): Promise<Outcome> {
  const limit = most + FREE;
  const real = { allocate: heap.allocate, checkRoom: heap.checkRoom, array: globalThis.Uint8Array };
  let onHeap = 0;
  let inArrays = 0;
  heap.allocate = (bytes) => {
    onHeap += bytes;
    if (refuse && onHeap > limit) throw new OutOfMemoryError(`allocate: no room for ${bytes} bytes in a test`);
    return real.allocate.call(heap, bytes);
  };
  heap.checkRoom = (bytes) => {
    if (refuse && bytes > limit) throw new OutOfMemoryError(`allocate: no room for ${bytes} bytes in a test`);
    real.checkRoom.call(heap, bytes);
  };
  globalThis.Uint8Array = new Proxy(real.array, {
    construct(target, args, newTarget) {
      if (typeof args[0] === "number") inArrays += args[0];
      if (inArrays > 2 ** 28) throw new Defect(`${inArrays} bytes in typed arrays`);
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
  const start = process.cpuUsage();
  let outcome: Outcome = "read";
  try {
    await run();
  } catch (error) {
    if (!(error instanceof RetrogradError)) throw new Defect(`${shown(error)}`, { cause: error });
    if (error.message.length > 2000)
      throw new Defect(`a message of ${error.message.length} characters`, { cause: error });
    outcome = "refused";
  } finally {
    heap.allocate = real.allocate;
    heap.checkRoom = real.checkRoom;
    globalThis.Uint8Array = real.array;
  }
  const { user, system } = process.cpuUsage(start);
  const took = (user + system) / 1000;
  if (took > PATIENCE) throw new Defect(`it took ${took.toFixed(0)} ms`);
  if (!refuse && onHeap > limit) throw new Defect(`${onHeap} bytes on the heap; expected at most ${limit}`);
  if (inArrays > limit) throw new Defect(`${inArrays} bytes in typed arrays; expected at most ${limit}`);
  if (members() !== MEMBERS || "polluted" in {}) throw new Defect("a prototype was changed");
  return outcome;
}

function shown(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : String(error);
}
