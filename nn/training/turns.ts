import { nextTurn, onInterrupt } from "../../core/platform.js";

/** How long the program works, in milliseconds, before signals, timers and the page have their turn. */
const SHARE = 15;

/** Lets everything else in the program have its turn from time to time. */
export class Turns {
  private last = performance.now();

  /** Waits for a turn of everything else, when it is time. */
  async pause(): Promise<void> {
    if (performance.now() - this.last < SHARE) return;
    await nextTurn();
    this.last = performance.now();
  }
}

/** Takes notice of the first Ctrl-C; another one ends the program as always. */
export class Interrupt {
  pressed = false;
  private readonly remove: () => void;

  constructor() {
    this.remove = onInterrupt(() => {
      this.pressed = true;
      this.remove();
    });
  }

  /** Leaves Ctrl-C to the program again. */
  end(): void {
    this.remove();
  }
}
