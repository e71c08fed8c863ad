import { runExample } from "./run.js";

jest.setTimeout(120_000);

/** What of the output tells how well the network learned, and the lines that hold no times. */
function read(stdout: string): { bits: number; unigram: number; bigram: number; training: number[]; lines: string[] } {
  const [, bits] = /Bits per character of what was held out: ([\d.]+)/.exec(stdout)!;
  const [, unigram] = /By how often each occurs it would be: +([\d.]+)/.exec(stdout)!;
  const [, bigram] = /By what follows the one before: +([\d.]+)/.exec(stdout)!;
  const training = [...stdout.matchAll(/bits per character ([\d.]+)/g)].map(([, number]) => Number(number));
  const lines = stdout.split("\n").filter((line) => !/ seconds|s left/.test(line));
  return { bits: Number(bits), unigram: Number(unigram), bigram: Number(bigram), training, lines };
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

test("char-lm: one step teaches next to nothing; a seed repeats the run; the prompt is gone on from", () => {
  const run = (...more: string[]) => {
    const small = ["--quick", "--model", "lstm", "--steps", "1", "--batch-size", "4", "--length", "40"];
    return read(runExample("char-lm", ...small, ...more).stdout);
  };
  const first = run("--prompt", "The whale");
  expect(first.bits).toBeGreaterThan(first.unigram);
  expect(first.lines.some((line) => line.startsWith("The whale"))).toBe(true);
  expect(run("--prompt", "The whale").lines).toEqual(first.lines);
  expect(run("--prompt", "The whale", "--seed", "2").lines).not.toEqual(first.lines);
});

test("char-lm: --help lists the options", () => {
  const help = runExample("char-lm", "--help");
  expect(help.status).toBe(0);
  for (const option of [
    ...["--model <name>", "transformer", "lstm", "--steps <n>", "--batch-size <n>", "--context <n>", "--lr <rate>"],
    ...["--prompt <text>", "--length <n>", "--temperature <t>", "--seed <n>", "--quick"],
  ]) {
    expect(help.stdout).toContain(option);
  }
});
