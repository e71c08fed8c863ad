/** What the 91 commonest bytes are less than, less than what those after the first escape are, and what is added to a byte. */
const SINGLE = 91;
const LONG = 93;
const SHIFT = 3;

/**
 * The bytes that scripts/build-kernels.mjs wrote as text: the characters from space on, without quote and backslash, stand for 0 to 92;
 * 91 and 92 begin a pair.
 */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    let value = valueOf(text.charCodeAt(i));
    if (value >= SINGLE) value = SINGLE + (value - SINGLE) * LONG + valueOf(text.charCodeAt(++i));
    bytes[count++] = value - SHIFT;
  }
  return bytes.slice(0, count);
}

/** 0 to 92 for the printable characters of ASCII but quote (34) and backslash (92). */
function valueOf(code: number): number {
  return code - (code > 92 ? 34 : code > 34 ? 33 : 32);
}
