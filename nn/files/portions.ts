/** Makes a piece of a file when it is its turn to be written. The piece holds until the next array is allocated. */
export type Portion = () => Uint8Array;

/** The bytes that portions have together; of `size` bytes, where that is known before. */
export function joined(portions: readonly Portion[], size: number | null = null): Uint8Array {
  if (size === null) {
    const parts = portions.map((portion): Portion => {
      const copy = portion().slice();
      return () => copy;
    });
    return joined(
      parts,
      parts.reduce((sum, part) => sum + part().length, 0),
    );
  }
  const bytes = new Uint8Array(size);
  let end = 0;
  for (const portion of portions) {
    const part = portion();
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}
