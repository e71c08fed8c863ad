import { readFileSync } from "node:fs";

const UNSIGNED_BYTE = 0x08;

/**
 * The bytes of a file in the IDX format, which MNIST comes in: two zero bytes, the type of the elements, the number of axes,
 * their lengths as big-endian 32-bit integers, then the elements.
 * @throws Error when the header is not that of unsigned bytes with `ndim` axes, or the file has another length than it says.
 */
export function readIdx(path: string, ndim: number): { shape: number[]; values: Uint8Array } {
  const file = readFileSync(path);
  const header = 4 + 4 * ndim;
  const magic = UNSIGNED_BYTE * 256 + ndim;
  if (file.length < header || file.readUInt32BE(0) !== magic) {
    const got = file.length < 4 ? `${file.length} bytes` : `a header of ${file.readUInt32BE(0)}`;
    throw new Error(`${path} has ${got}; expected the IDX header ${magic} of unsigned bytes with ${ndim} axes`);
  }
  const shape = Array.from({ length: ndim }, (_, i) => file.readUInt32BE(4 + 4 * i));
  const size = shape.reduce((a, b) => a * b, 1);
  if (file.length !== header + size) {
    throw new Error(
      `${path} has ${file.length - header} bytes after its header; expected ${shape.join(" x ")} = ${size}`,
    );
  }
  return { shape, values: file.subarray(header) };
}
