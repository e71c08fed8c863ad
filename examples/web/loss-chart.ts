import type uPlot from "uplot";
import type { Progress, Tested } from "./messages.js";

const LOSS = "#d95f28";
const ACCURACY = "#0d747d";
const GREY = "#66707d";
const HEIGHT = 230;

/** The loss, and how many of the test digits are read right, over the steps of training. */
export class LossChart {
  private plot: uPlot | null = null;
  private begun = false;
  private steps: number[] = [];
  private losses: (number | null)[] = [];
  private accuracies: (number | null)[] = [];

  constructor(private readonly element: HTMLElement) {
    new ResizeObserver(() => this.fit()).observe(element);
  }

  addLoss({ step, loss }: Progress): void {
    this.add(step, loss, null);
  }

  addAccuracy({ step, accuracy }: Tested): void {
    this.add(step, null, 100 * accuracy);
  }

  clear(): void {
    [this.steps, this.losses, this.accuracies] = [[], [], []];
    this.plot?.setData(this.data());
  }

  private add(step: number, loss: number | null, accuracy: number | null): void {
    this.steps.push(step);
    this.losses.push(loss);
    this.accuracies.push(accuracy);
    this.plot?.setData(this.data());
  }

  private data(): uPlot.AlignedData {
    return [this.steps, this.losses, this.accuracies];
  }

  /** Makes the chart as wide as its place. */
  private fit(): void {
    this.plot?.setSize({ width: this.element.clientWidth, height: HEIGHT });
    if (!this.begun) this.make();
  }

  /** The library takes some tens of milliseconds to start, so that is a task of its own, when the page has been laid out. */
  private async make(): Promise<void> {
    this.begun = true;
    const { default: UPlot } = await import("uplot");
    const axis = { stroke: GREY, grid: { stroke: "#eceae6", width: 1 }, ticks: { show: false } };
    this.plot = new UPlot(
      {
        width: this.element.clientWidth,
        height: HEIGHT,
        cursor: { drag: { x: false, y: false } },
        scales: {
          x: { time: false },
          loss: { range: (_, __, most) => [0, Math.max(most, 0.5)] },
          share: { range: [0, 100] },
        },
        series: [
          { label: "step" },
          { label: "loss", scale: "loss", stroke: LOSS, width: 1.5, spanGaps: true, value: shown(3) },
          {
            label: "test digits read right, %",
            scale: "share",
            stroke: ACCURACY,
            width: 2,
            spanGaps: true,
            value: shown(1),
          },
        ],
        axes: [
          axis,
          { ...axis, scale: "loss", size: 44 },
          { ...axis, scale: "share", side: 1, size: 44, grid: { show: false } },
        ],
      },
      this.data(),
      this.element,
    );
  }
}

function shown(decimals: number): (_: uPlot, value: number | null) => string {
  return (_, value) => value?.toFixed(decimals) ?? "–";
}
