import { SIDE } from "./digits.js";
import { paintGrey } from "./paint.js";
import { rasterize, type Stroke } from "./rasterize.js";

/** Pixels of the canvas to each side, and the width of the pen on it. */
const SIZE = 280;
const PEN = 20;
const INK = "#182030";

/** A canvas to draw a digit on. */
export class DrawingPad {
  private readonly context: CanvasRenderingContext2D;
  private strokes: Stroke[] = [];
  private pointer: number | null = null;
  private waiting = false;

  /** `onDraw` is called with the digit as the network takes it, at most once for each picture on the screen. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly onDraw: (pixels: Uint8Array) => void,
  ) {
    canvas.width = SIZE;
    canvas.height = SIZE;
    this.context = canvas.getContext("2d")!;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.extend(event));
    for (const kind of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(kind, (event) => this.end(event));
    }
  }

  /** Empties it. */
  clear(): void {
    this.strokes = [];
    this.context.clearRect(0, 0, SIZE, SIZE);
  }

  /** Shows a digit that was not drawn here. */
  show(pixels: Uint8Array): void {
    this.clear();
    const small = document.createElement("canvas");
    paintGrey(small, pixels, SIDE);
    this.context.drawImage(small, 0, 0, SIZE, SIZE);
  }

  private begin(event: PointerEvent): void {
    if (this.pointer !== null) return;
    if (this.strokes.length === 0) this.clear();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    const [x, y] = this.place(event);
    // A point of no length is a dot.
    this.strokes.push([x, y, x, y]);
    this.paint([x, y, x, y]);
  }

  private extend(event: PointerEvent): void {
    if (event.pointerId !== this.pointer) return;
    const stroke = this.strokes.at(-1)!;
    const line = stroke.slice(-2);
    // The browser may have gathered several moves in one event.
    const moves = event.getCoalescedEvents();
    for (const move of moves.length > 0 ? moves : [event]) line.push(...this.place(move));
    stroke.push(...line.slice(2));
    this.paint(line);
  }

  private end(event: PointerEvent): void {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  private place(event: PointerEvent): [x: number, y: number] {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [((event.clientX - left) * SIZE) / width, ((event.clientY - top) * SIZE) / height];
  }

  private paint(line: Stroke): void {
    const { context } = this;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.lineWidth = PEN;
    context.strokeStyle = INK;
    context.beginPath();
    for (let i = 0; i < line.length; i += 2) context.lineTo(line[i]!, line[i + 1]!);
    context.stroke();
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (this.strokes.length > 0) this.onDraw(rasterize(this.strokes));
    });
  }
}
