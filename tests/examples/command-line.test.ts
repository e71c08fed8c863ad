import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runExample, withoutTimes } from "./run.js";
import { ExampleSession } from "./session.js";

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "retrograd-command-line-"));
let session: ExampleSession;
beforeAll(() => {
  session = new ExampleSession();
});
afterAll(async () => {
  await session.end();
  rmSync(folder, { recursive: true });
});

const LEAST_1 = "Expected a whole number of at least 1.";

/** Each example: its options, and a command line that it refuses, with the reason. */
const EXAMPLES: readonly [name: string, options: string, refused: string, reason: string][] = [
  [
    "char-lm",
    "model steps batch-size context lr prompt length temperature seed quick",
    "--model rnn",
    "Allowed choices are transformer, lstm.",
  ],
  ["gcn-karate", "epochs seed", "--epochs none", LEAST_1],
  ["mnist", "epochs batch-size lr seed model", "--model rnn", "Allowed choices are mlp, cnn."],
  ["mnist-distributed", "epochs batch-size digits lr seed checkpoint resume", "--digits 0", LEAST_1],
  ["optimizers", "steps epochs pictures seed quick", "--steps 0", LEAST_1],
  ["rbm-digits", "epochs hidden k batch-size lr picture seed quick", "--k 0.5", LEAST_1],
  [
    "resnet-mnist",
    "epochs batch-size width lr shift seed quick",
    "--shift -1",
    "Expected a whole number of at least 0.",
  ],
  [
    "rnn-addition",
    "digits steps hidden lr seed layer quick",
    "--layer transformer",
    "Allowed choices are lstm, gru, rnn.",
  ],
  ["spiral", "epochs seed", "--epochs 0", LEAST_1],
  ["vae-mnist", "latent epochs batch-size lr pictures seed quick", "--lr 0", "Expected a number above 0."],
  ["wgan-gp", "data steps hidden pictures seed quick", "--data faces", "Allowed choices are ring, swissroll, mnist."],
  [
    "word2vec",
    "mode epochs dim context lr subsample min-count words picture seed quick",
    "--dim 1",
    "Expected a whole number of at least 2.",
  ],
];

test.each(EXAMPLES)("%s: --help tells all options", async (name, options) => {
  const { status, stdout, stderr } = await session.run(name, "--help");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(new RegExp(`^Usage: .*${name === "mnist" ? "npm start --" : `npx tsx examples/${name}.ts`} `));
  const told = [...stdout.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, option]) => option);
  expect(told).toEqual([...options.split(" "), "help"]);
});

test.each(EXAMPLES)("%s: nonsense is refused", async (name, _, refused, reason) => {
  const wrong = await session.run(name, ...refused.split(" "));
  expect([wrong.status, wrong.stdout]).toEqual([1, ""]);
  expect(wrong.stderr).toContain(reason);
  const unknown = await session.run(name, "--colour");
  expect([unknown.status, unknown.stdout]).toEqual([1, ""]);
  expect(unknown.stderr).toContain("unknown option '--colour'");
});

test("a process of its own ends with an error, too", () => {
  const { status, stderr } = runExample("spiral", "--epochs", "0");
  expect(status).toBe(1);
  expect(stderr).toContain(LEAST_1);
});

/** Runs an example with the seeds 5, 5 and 6: what it prints must be the same the first two times only. Returns that of the first. */
async function runThrice(name: string, ...args: string[]): Promise<string> {
  const printed: string[] = [];
  for (const seed of ["5", "5", "6"]) {
    const { status, stdout, stderr } = await session.run(name, ...args, "--seed", seed);
    expect([status, stderr]).toEqual([0, ""]);
    printed.push(withoutTimes(stdout));
  }
  const [first, second, other] = printed;
  expect(second).toBe(first);
  expect(other).not.toBe(first);
  return first!;
}

describe("a seed repeats the run", () => {
  const figure = (stdout: string, pattern: RegExp) => Number(pattern.exec(stdout)![1]);

  test.each([
    ["gcn-karate", ["--epochs", "10"]],
    ["spiral", ["--epochs", "10"]],
    ["resnet-mnist", ["--quick", "--width", "1"]],
  ])("%s", async (name, args) => {
    await runThrice(name, ...args);
  });

  test("char-lm: and one step teaches next to nothing; the prompt is gone on from", async () => {
    const small = ["--quick", "--model", "lstm", "--steps", "1", "--batch-size", "4", "--length", "40"];
    const stdout = await runThrice("char-lm", ...small, "--prompt", "The whale");
    const bits = figure(stdout, /^Bits per character of what was held out: (.*)$/m);
    expect(bits).toBeGreaterThan(figure(stdout, /^By how often each occurs it would be: +(.*)$/m));
    expect(stdout).toContain("\nThe whale");
  });

  test("rbm-digits: and its picture", async () => {
    const picture = join(folder, "filters.png");
    const small = ["--quick", "--epochs", "1", "--hidden", "9", "--picture", picture];
    await runThrice("rbm-digits", ...small);
    const before = readFileSync(picture);
    await session.run("rbm-digits", ...small, "--seed", "6");
    expect(readFileSync(picture).equals(before)).toBe(true);
  });

  test("rnn-addition: and one step teaches nothing; the layer can be chosen", async () => {
    const small = ["--steps", "1", "--digits", "3"];
    const stdout = await runThrice("rnn-addition", ...small, "--layer", "gru");
    expect(figure(stdout, /of 3 digits that are right: ([\d.]+) %/)).toBeLessThan(20);
    expect(stdout).toContain("memory GRU");
    expect((await session.run("rnn-addition", ...small, "--layer", "rnn")).stdout).toContain("memory RNN");
  });

  test("wgan-gp: pictures too", async () => {
    const small = ["--quick", "--steps", "5", "--hidden", "16", "--pictures", folder];
    await runThrice("wgan-gp", ...small);
    expect(existsSync(join(folder, "points.png"))).toBe(true);
  });

  test("word2vec: with skip-gram, other words and settings", async () => {
    const settings = ["--mode", "skip-gram", "--epochs", "1", "--dim", "8", "--min-count", "60", "--context", "1"];
    const words = ["--words", "ahab", "zeppelin", "--picture", join(folder, "map.svg")];
    const stdout = await runThrice("word2vec", ...settings, ...words);
    expect(stdout).toMatch(/^ahab: (\w+ ){9}\w+$/m);
    expect(stdout).toContain("\nzeppelin: the book has it less than 60 times\n");
  });

  test("vae-mnist: with two latent variables there is one model, and its pictures are the same", async () => {
    const run = async (name: string) => {
      const into = join(folder, name);
      const { status, stdout } = await session.run(
        ...(["vae-mnist", "--quick", "--latent", "2", "--epochs", "1", "--pictures", into] as const),
      );
      expect(status).toBe(0);
      const elbos = [
        ...stdout.matchAll(/latent variables: minus the ELBO .*: ([\d.]+) nats per image, ([\d.]+) before/g),
      ];
      expect(elbos).toHaveLength(1);
      const [after, before] = elbos[0]!.slice(1).map(Number);
      return { after: after!, before: before!, into, samples: readFileSync(join(into, "samples.png")) };
    };
    const [one, two] = [await run("first"), await run("second")];
    expect(one.after).toBeLessThan(one.before / 2.6);
    expect([two.after, two.before]).toEqual([one.after, one.before]);
    expect(two.samples.equals(one.samples)).toBe(true);
    expect(existsSync(join(one.into, "map.png"))).toBe(true);
  });
});
