import type { TrainingEvent } from "../../../nn/index.js";
import { ProgressBar, ProgressLines } from "../../../nn/training/progress.js";

/** What is shown of two epochs of four steps that take so many seconds each. */
function shown(
  make: (write: (text: string) => void) => ProgressBar | ProgressLines,
  seconds: number,
  steps: number | null = 4,
): string[] {
  const texts: string[] = [];
  let now = 1000;
  const clock = jest.spyOn(performance, "now").mockImplementation(() => now);
  const progress = make((text) => void texts.push(text));
  const event = (fields: Partial<TrainingEvent>) =>
    ({
      epochs: 2,
      stepsPerEpoch: steps,
      stepInEpoch: 0,
      history: { last: { seconds: 4 * seconds } },
      ...fields,
    }) as TrainingEvent;
  progress.onStart(event({ epoch: 1 }));
  for (const epoch of [1, 2]) {
    progress.onEpochStart(event({ epoch }));
    for (let step = 1; step <= 4; step++) {
      now += 1000 * seconds;
      progress.onStep(event({ epoch, stepInEpoch: step, figures: { loss: 1 / 3, accuracy: 0.98764 } }));
    }
    progress.onEpoch(event({ epoch, figures: { loss: 0.25, valLoss: 12345.678 } }));
  }
  progress.onEnd(event({ stopReason: "Ctrl-C, after step 8" }));
  progress.onEnd(event({ stopReason: null }));
  clock.mockRestore();
  return texts;
}

test("elsewhere than on a terminal: a line for each epoch", () => {
  expect(shown((print) => new ProgressLines(print), 1)).toEqual([
    "Epoch 1/2  loss 0.25  valLoss 12350  in 4.0 s",
    "Epoch 2/2  loss 0.25  valLoss 12350  in 4.0 s",
    "Stopped: Ctrl-C, after step 8",
  ]);
});

test("in long epochs, one every ten seconds, with what is left", () => {
  const lines = shown((print) => new ProgressLines(print), 50);
  expect(lines.slice(0, 5)).toEqual([
    "Epoch 1/2  25%  loss 0.3333  accuracy 0.9876  2 min 30 s left",
    "Epoch 1/2  50%  loss 0.3333  accuracy 0.9876  1 min 40 s left",
    "Epoch 1/2  75%  loss 0.3333  accuracy 0.9876  50 s left",
    "Epoch 1/2 100%  loss 0.3333  accuracy 0.9876  0.0 s left",
    "Epoch 1/2  loss 0.25  valLoss 12350  in 3 min 20 s",
  ]);
  expect(shown((print) => new ProgressLines(print), 50, null)[0]).toBe(
    "Epoch 1/2 step 1  loss 0.3333  accuracy 0.9876",
  );
});

test("on a terminal: a bar that is written over, within its width", () => {
  const bar = (columns?: number) =>
    shown((write) => new ProgressBar({ write, ...(columns === undefined ? {} : { columns }) }), 5000);
  expect(bar(200)[1]).toBe("Epoch 1/2 ████████████░░░░░░░░░░░░  loss 0.3333  accuracy 0.9876  2 h 46 min left\x1b[K\r");
  expect(bar(200)[4]).toBe("Epoch 1/2  loss 0.25  valLoss 12350  in 5 h 33 min\x1b[K\n");
  for (const text of bar(30).slice(0, 4)) expect(text.replace("\x1b[K\r", "").length).toBe(29);
  expect(shown((write) => new ProgressBar({ write }), 0.03).length).toBe(5);
});
