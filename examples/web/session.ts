import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import type { Report } from "./messages.js";
import { type Examples, filtersOf, lossOf, makeNetwork, read } from "./network.js";
import { nextTurn } from "./turn.js";

const EPOCHS = 8;
const BATCH_SIZE = 32;
/** Adam's learning rate at the start; it falls to 0 along a line. */
const LEARNING_RATE = 0.003;
/** Steps between two tests, and how many digits are read at once in one. */
const TEST_INTERVAL = 100;
const TEST_BATCH = 250;
/** Milliseconds between two reports of progress. */
const REPORT_INTERVAL = 100;

/** What a session works with. */
export interface SessionOptions {
  train: Examples;
  test: Examples;
  /** How many of the test digits' readings are reported. */
  shown: number;
  report: (report: Report) => void;
  /** Called after every report of progress. */
  onProgress: () => void;
}

/** One network and its training, which can be paused and, to make room for another one, stopped for good. */
export class Session {
  readonly network = makeNetwork();
  private readonly optimizer = new optim.Adam(this.network.parameters(), { lr: LEARNING_RATE });
  private state: "new" | "training" | "paused" | "finished" | "stopped" = "new";
  private resume: () => void = () => {};
  private step = 0;
  private losses: number[] = [];
  private lastReport = 0;

  constructor(private readonly options: SessionOptions) {}

  /** Begins training, or goes on with it. */
  async train(): Promise<void> {
    const { state } = this;
    if (state !== "new" && state !== "paused") return;
    this.enter("training");
    this.lastReport = performance.now();
    if (state === "paused") this.resume();
    else await this.run();
  }

  pause(): void {
    if (this.state === "training") this.enter("paused");
  }

  stop(): void {
    this.state = "stopped";
    this.resume();
  }

  /** Reads all test digits, and reports how many of them right. */
  async reportTest(): Promise<void> {
    const { step } = this;
    const { test, shown, report } = this.options;
    const readings: number[] = [];
    for (const { x } of new nn.DataLoader(test, { batchSize: TEST_BATCH, shuffle: false })) {
      readings.push(...read(this.network, x));
      await nextTurn();
      if (this.state === "stopped") return;
    }
    const labels = test.t.toTypedArray();
    const right = readings.filter((reading, i) => reading === labels[i]).length;
    const accuracy = right / labels.length;
    report({ kind: "tested", step, accuracy, readings: Uint8Array.from(readings.slice(0, shown)) });
  }

  private async run(): Promise<void> {
    const batches = new nn.DataLoader(this.options.train, { batchSize: BATCH_SIZE });
    const steps = EPOCHS * batches.length;
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      for (const { x, t } of batches) {
        const loss = lossOf(this.network, x, t);
        this.optimizer.zeroGrad();
        loss.backward();
        this.optimizer.step();
        this.optimizer.lr = LEARNING_RATE * (1 - this.step / steps);
        await this.afterStep(epoch, loss.item());
        if (this.state === "stopped") return;
      }
    }
    await this.reportTest();
    this.enter("finished");
  }

  private async afterStep(epoch: number, loss: number): Promise<void> {
    this.step++;
    this.losses.push(loss);
    if (performance.now() - this.lastReport > REPORT_INTERVAL) this.reportProgress(epoch);
    if (this.step % TEST_INTERVAL === 0) await this.reportTest();
    // What the page asks has its turn after every step.
    await nextTurn();
    while (this.state === "paused") {
      await new Promise<void>((resume) => {
        this.resume = resume;
      });
    }
  }

  private reportProgress(epoch: number): void {
    const { step, losses, network, options } = this;
    const now = performance.now();
    options.report({
      kind: "progress",
      step,
      epoch,
      loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      digitsPerSecond: (losses.length * BATCH_SIZE * 1000) / (now - this.lastReport),
    });
    options.report({ kind: "filters", filters: filtersOf(network) });
    options.onProgress();
    this.losses = [];
    this.lastReport = now;
  }

  private enter(state: "training" | "paused" | "finished"): void {
    if (this.state === "stopped") return;
    this.state = state;
    this.options.report({ kind: "state", state });
  }
}
