import { FileError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import type { Source } from "./source.js";

/** A stream that may have no iterator, as in some browsers: what of a `ReadableStream` is needed, so that no types of the DOM are. */
interface Readable {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }>;
    cancel(): Promise<void>;
  };
}

/** Bytes that come one piece after the other: the `body` of what `fetch` gives, `fs.createReadStream`, or a generator. */
export type ByteStream = Readable | AsyncIterable<Uint8Array>;

/** A stream of which one takes as many bytes as one wants. */
export class Incoming {
  private readonly pieces: AsyncIterator<Uint8Array>;
  /** What of the last piece was not taken yet. */
  private rest: Uint8Array = new Uint8Array(0);

  /** @throws FileError when it is no stream. */
  constructor(
    private readonly name: string,
    stream: ByteStream,
  ) {
    this.pieces = iteratorOf(name, stream);
  }

  /**
   * The next `count` bytes in the pieces they came in, without copies; with `keep` false none, but they are passed.
   * @throws FileError when the stream ends before, or gives something else than bytes.
   */
  async take(count: number, keep = true): Promise<Uint8Array[]> {
    const taken: Uint8Array[] = [];
    for (let missing = count; missing > 0; ) {
      if (this.rest.length === 0 && !(await this.next())) {
        throw new FileError(`${this.name} ended ${missing} bytes too soon; expected a whole file`);
      }
      const piece = this.rest.subarray(0, missing);
      this.rest = this.rest.subarray(piece.length);
      missing -= piece.length;
      if (keep) taken.push(piece);
    }
    return taken;
  }

  /** Whether there is nothing more. */
  async ended(): Promise<boolean> {
    while (this.rest.length === 0) if (!(await this.next())) return true;
    return false;
  }

  /** Lets the stream know that no more is wanted. */
  async stop(): Promise<void> {
    await this.pieces.return?.();
  }

  /** Gets another piece. False at the end. */
  private async next(): Promise<boolean> {
    const { done, value } = await this.pieces.next();
    if (done === true) return false;
    if (!(ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]")) {
      throw new FileError(`${this.name} gave ${describe(value)}; expected Uint8Arrays`);
    }
    this.rest = value;
    return true;
  }
}

/** The bytes of pieces, which are read from the first to the last. */
export function piecesSource(name: string, pieces: readonly Uint8Array[]): Source {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  let [current, before] = [0, 0];
  const read = (into: Uint8Array, from: number) => {
    for (let done = 0; done < into.length; ) {
      const at = from + done - before;
      const piece = pieces[current]!;
      if (at >= piece.length) {
        before += piece.length;
        current++;
        continue;
      }
      const part = piece.subarray(at, at + into.length - done);
      into.set(part, done);
      done += part.length;
    }
  };
  return { name, size, read };
}

function iteratorOf(name: string, stream: ByteStream): AsyncIterator<Uint8Array> {
  const given = stream as Partial<AsyncIterable<Uint8Array> & Readable> | null;
  if (typeof given?.[Symbol.asyncIterator] === "function")
    return (given as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  if (typeof given?.getReader !== "function") {
    throw new FileError(`${name} is ${describe(stream)}; expected a ReadableStream, such as the body of a Response`);
  }
  const reader = given.getReader();
  return {
    next: async () => (await reader.read()) as IteratorResult<Uint8Array>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}
