type Colour = readonly [red: number, green: number, blue: number];

const INK: Colour = [24, 32, 48];
const POSITIVE: Colour = [13, 116, 125];
const NEGATIVE: Colour = [217, 95, 40];

/** Paints a square of bytes, row by row, as ink on nothing. */
export function paintGrey(canvas: HTMLCanvasElement, pixels: Uint8Array, side: number): void {
  paint(canvas, side, pixels, { positive: INK, negative: INK, most: 255 });
}

/** Paints a square of numbers, row by row: two colours for the two signs, the fuller the nearer a number is to `most`. */
export function paintSigned(canvas: HTMLCanvasElement, values: Float32Array, side: number, most: number): void {
  paint(canvas, side, values, { positive: POSITIVE, negative: NEGATIVE, most });
}

/** The greatest of the numbers without their signs, and never 0. */
export function greatest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
}

function paint(
  canvas: HTMLCanvasElement,
  side: number,
  values: Uint8Array | Float32Array,
  { positive, negative, most }: { positive: Colour; negative: Colour; most: number },
): void {
  if (canvas.width !== side) canvas.width = side;
  if (canvas.height !== side) canvas.height = side;
  const image = new ImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const colour = values[i]! >= 0 ? positive : negative;
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = colour[c]!;
    image.data[4 * i + 3] = (255 * Math.abs(values[i]!)) / most;
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}
