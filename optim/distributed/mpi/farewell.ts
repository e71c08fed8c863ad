import { CommunicationError } from "../../../core/errors.js";
import { pause } from "../../../core/platform.js";
import { type Calls, check } from "./calls.js";
import { int32At, type MpiLibrary } from "./library.js";

/** How many exchanges a rank has taken part in: those that it waited for at once, and those that it began early. */
export interface Made {
  inTurn: number;
  early: number;
}

/** Marks the one message that ranks send each other. */
const TAG = 1;
const PAUSE = 1;

/**
 * What a rank that ends well says to the next one, the last one to the first: in how many exchanges it took part. Whoever waits for an exchange
 * listens, and so learns that it will never come. One neighbour is enough for any number of ranks: of those that go on, one at least comes
 * after one that has ended, and when that one fails it takes the others with it.
 */
export class Farewell {
  private said: Made | null = null;

  constructor(
    private readonly library: MpiLibrary,
    private readonly calls: Calls,
    private readonly rank: number,
    private readonly size: number,
  ) {}

  /**
   * Listens whether the rank before this one has ended without the exchange that this one waits for, the `number`th of its kind.
   * @throws CommunicationError when it has.
   */
  check(name: string, kind: keyof Made, number: number): void {
    const made = this.heard();
    if (made === null || made[kind] >= number) return;
    throw new CommunicationError(
      `${name}: rank ${this.before} has ended after ${made[kind]} exchanges, and rank ${this.rank} waits for it in exchange ${number}; expected all ranks to take part in the same`,
    );
  }

  /** Tells the next rank that this one ends, and waits until the one before does. */
  say(made: Readonly<Made>): void {
    const message = new Uint8Array(Float64Array.of(made.inTurn, made.early).buffer);
    const { world, dtypes } = this.library.handles;
    const next = (this.rank + 1) % this.size;
    check(this.calls, "MPI_Send", this.calls.send(message, 2, dtypes.float64, next, TAG, world));
    // What it still does may take long, and takes the processor that waiting at full speed would take from it.
    while (this.heard() === null) pause(PAUSE);
  }

  private get before(): number {
    return (this.rank + this.size - 1) % this.size;
  }

  private heard(): Made | null {
    if (this.said !== null) return this.said;
    const { world, dtypes, statusIgnore } = this.library.handles;
    const flag = new Uint8Array(4);
    check(this.calls, "MPI_Iprobe", this.calls.probe(this.before, TAG, world, flag, statusIgnore));
    if (int32At(flag) === 0) return null;
    const message = new Uint8Array(16);
    check(
      this.calls,
      "MPI_Recv",
      this.calls.receive(message, 2, dtypes.float64, this.before, TAG, world, statusIgnore),
    );
    const [inTurn, early] = new Float64Array(message.buffer) as unknown as [number, number];
    this.said = { inTurn, early };
    return this.said;
  }
}
