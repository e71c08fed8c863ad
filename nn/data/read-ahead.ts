/** Says whether whoever reads has stopped, so that what is being read for it can be left off. */
export interface Closing {
  closed: boolean;
}

type Read<T> =
  | { readonly last: false; readonly value: T }
  | { readonly last: true; readonly error?: { readonly thrown: unknown } };

/**
 * The values of `source`, of which up to `ahead` more are read while the loop that asked for one is busy with it. An error
 * comes after the values before it. When the loop is left early, `closing` is set, and the source closed as soon as the read
 * under way has ended.
 */
export async function* readAhead<T>(
  source: AsyncGenerator<T, void, undefined>,
  ahead: number,
  closing: Closing,
): AsyncGenerator<T, void, undefined> {
  const reads: Promise<Read<T>>[] = [];
  let newest: Promise<Read<T> | null> = Promise.resolve(null);
  const read = (): void => {
    const next = newest.then((before) => (closing.closed || before?.last ? { last: true as const } : settled(source)));
    reads.push(next);
    newest = next;
  };
  try {
    for (let i = 0; i < ahead; i++) read();
    for (;;) {
      read();
      const result = await reads.shift()!;
      if (!result.last) yield result.value;
      else if (result.error === undefined) return;
      else throw result.error.thrown;
    }
  } finally {
    closing.closed = true;
    await source.return();
  }
}

/** The next value; a promise that never rejects, since nobody may be there any more to see it. */
async function settled<T>(source: AsyncGenerator<T, void, undefined>): Promise<Read<T>> {
  try {
    const { done, value } = await source.next();
    return done ? { last: true } : { last: false, value };
  } catch (thrown) {
    return { last: true, error: { thrown } };
  }
}
