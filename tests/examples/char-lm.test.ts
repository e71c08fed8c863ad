import { runExample } from "./run.js";

jest.setTimeout(120_000);

/** What of the output tells how well the network learned. */
function read(stdout: string): { bits: number; unigram: number; bigram: number; training: number[] } {
  const [, bits] = /Bits per character of what was held out: ([\d.]+)/.exec(stdout)!;
  const [, unigram] = /By how often each occurs it would be: +([\d.]+)/.exec(stdout)!;
  const [, bigram] = /By what follows the one before: +([\d.]+)/.exec(stdout)!;
  const training = [...stdout.matchAll(/bits per character ([\d.]+)/g)].map(([, number]) => Number(number));
  return { bits: Number(bits), unigram: Number(unigram), bigram: Number(bigram), training };
}

test.each([
  ["transformer", "TransformerEncoderBlock"],
  ["lstm", "LSTMCell"],
])("char-lm: a %s learns more than which characters follow each other", (model, part) => {
  const { status, stdout } = runExample("char-lm", "--quick", "--model", model, "--length", "120");
  expect(status).toBe(0);
  const { bits, unigram, bigram, training } = read(stdout);
  // What the frequencies of single characters of English tell, punctuation and capitals included.
  expect(unigram).toBeGreaterThan(4.3);
  expect(unigram).toBeLessThan(4.5);
  expect(training).toHaveLength(10);
  expect(training.at(-1)).toBeLessThan(training[0]! - 0.8);
  expect(bigram).toBeGreaterThan(3.4);
  expect(bigram).toBeLessThan(3.6);
  expect(bits).toBeLessThan(bigram - 0.1);
  expect(stdout).toContain(part);

  const [, written] = /Call me Ishmael\.(.*)\n\nafter/s.exec(stdout)!;
  expect(written!.replaceAll("\n\n", "\n")).toHaveLength(120);
  // Words of about the right length, of small letters more often than not.
  expect(written!.split(/\s+/).length).toBeGreaterThan(12);
  expect(written!.match(/[a-z]/g)!.length).toBeGreaterThan(70);
});
