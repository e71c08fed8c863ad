import { PIXELS, SIDE } from "./digits.js";
import { paintGrey } from "./paint.js";

/** Digits with what the network reads in them. */
export class TestView {
  private readings: HTMLElement[] = [];
  private labels: Uint8Array = new Uint8Array();

  /** `onChoose` is called with the pixels of a digit that is clicked on. */
  constructor(
    private readonly element: HTMLElement,
    private readonly onChoose: (pixels: Uint8Array) => void,
  ) {}

  fill(pixels: Uint8Array, labels: Uint8Array): void {
    this.labels = labels;
    this.readings = [];
    const buttons = Array.from(labels, (label, i) => {
      const digit = pixels.slice(i * PIXELS, (i + 1) * PIXELS);
      const button = document.createElement("button");
      button.title = `a ${label}`;
      button.onclick = () => this.onChoose(digit);
      const canvas = document.createElement("canvas");
      paintGrey(canvas, digit, SIDE);
      const reading = document.createElement("span");
      this.readings.push(reading);
      button.append(canvas, reading);
      return button;
    });
    this.element.replaceChildren(...buttons);
  }

  showReadings(readings: Uint8Array): void {
    for (const [i, reading] of this.readings.entries()) {
      reading.textContent = `${readings[i]}`;
      reading.parentElement!.classList.toggle("wrong", readings[i] !== this.labels[i]);
    }
  }
}
