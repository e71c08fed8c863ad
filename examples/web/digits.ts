/** The file that the page fetches its digits from, and what is in it. */
export const DIGITS_FILE = "digits.bin";
export const TRAINING_DIGITS = 15_000;
export const TEST_DIGITS = 2_000;

/** Digits are squares of 28 x 28 pixels, a byte each: 0 is paper, 255 is ink. */
export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** Pixels of one digit after the other, and which digits they are. */
export interface Digits {
  pixels: Uint8Array;
  labels: Uint8Array;
}

/** Fetches and unpacks what packed-digits.ts packed. */
export async function fetchDigits(url: string): Promise<{ train: Digits; test: Digits }> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  const unpacked = response.body.pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(unpacked).arrayBuffer());
  const total = TRAINING_DIGITS + TEST_DIGITS;
  const part = (from: number, count: number): Digits => ({
    labels: bytes.subarray(from, from + count),
    pixels: bytes.subarray(total + from * PIXELS, total + (from + count) * PIXELS),
  });
  return { train: part(0, TRAINING_DIGITS), test: part(TRAINING_DIGITS, TEST_DIGITS) };
}
