import { PIXELS, SIDE } from "./digits.js";

/** A line as x, y, x, y and so on. */
export type Stroke = number[];

/** MNIST's digits fit a square of 20 pixels, are as thick as this, and have their centre of mass in the middle of the picture. */
const BOX = 20;
const PEN = 2.4;

let context: CanvasRenderingContext2D | undefined;

/** Strokes, of whatever size, as a digit of MNIST's form: 784 bytes, 255 is ink. */
export function rasterize(strokes: readonly Stroke[]): Uint8Array {
  const [left, right] = bounds(strokes, 0);
  const [top, bottom] = bounds(strokes, 1);
  const scale = (BOX - PEN) / Math.max(right - left, bottom - top, 1);
  const move = (middle: number) => SIDE / 2 - scale * middle;
  const [dx, dy] = [move((left + right) / 2), move((top + bottom) / 2)];
  const [x, y] = centreOfMass(draw(strokes, scale, dx, dy));
  return draw(strokes, scale, dx + SIDE / 2 - x, dy + SIDE / 2 - y);
}

/** The least and the greatest of the coordinates of an axis. */
function bounds(strokes: readonly Stroke[], axis: 0 | 1): [least: number, greatest: number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const stroke of strokes) {
    for (let i = axis; i < stroke.length; i += 2) {
      least = Math.min(least, stroke[i]!);
      greatest = Math.max(greatest, stroke[i]!);
    }
  }
  return [least, greatest];
}

function draw(strokes: readonly Stroke[], scale: number, dx: number, dy: number): Uint8Array {
  context ??= makeContext();
  context.clearRect(0, 0, SIDE, SIDE);
  context.beginPath();
  for (const stroke of strokes) {
    context.moveTo(scale * stroke[0]! + dx, scale * stroke[1]! + dy);
    for (let i = 2; i < stroke.length; i += 2) context.lineTo(scale * stroke[i]! + dx, scale * stroke[i + 1]! + dy);
  }
  context.stroke();
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return Uint8Array.from({ length: PIXELS }, (_, i) => data[4 * i + 3]!);
}

function makeContext(): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const made = canvas.getContext("2d", { willReadFrequently: true })!;
  made.lineWidth = PEN;
  made.lineCap = "round";
  made.lineJoin = "round";
  return made;
}

function centreOfMass(pixels: Uint8Array): [x: number, y: number] {
  let [mass, x, y] = [0, 0, 0];
  for (let i = 0; i < PIXELS; i++) {
    mass += pixels[i]!;
    x += pixels[i]! * ((i % SIDE) + 0.5);
    y += pixels[i]! * (Math.floor(i / SIDE) + 0.5);
  }
  return mass === 0 ? [SIDE / 2, SIDE / 2] : [x / mass, y / mass];
}
