import { greatest, paintSigned } from "./paint.js";
import { ANSWER_SIDE, FILTER_SIDE, FILTERS } from "./sizes.js";

/** Filters, and below each what it answers. */
export class FilterView {
  private readonly filters: HTMLCanvasElement[];
  private readonly answers: HTMLCanvasElement[];

  constructor(element: HTMLElement) {
    const canvases = Array.from({ length: 2 * FILTERS }, () => document.createElement("canvas"));
    this.filters = canvases.slice(0, FILTERS);
    this.answers = canvases.slice(FILTERS);
    element.append(...canvases);
  }

  showFilters(values: Float32Array): void {
    paintAll(this.filters, values, FILTER_SIDE);
  }

  showAnswers(values: Float32Array): void {
    paintAll(this.answers, values, ANSWER_SIDE);
  }
}

/** Paints squares of numbers, which follow each other, in shades that are comparable. */
function paintAll(canvases: readonly HTMLCanvasElement[], values: Float32Array, side: number): void {
  const most = greatest(values);
  for (const [i, canvas] of canvases.entries()) {
    paintSigned(canvas, values.subarray(i * side * side, (i + 1) * side * side), side, most);
  }
}
