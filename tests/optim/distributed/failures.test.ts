import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWith, type Mpi, mpirun, type Run } from "./mpi.js";

jest.setTimeout(240_000);

const PROGRAM = "tests/optim/distributed/programs/resume.ts";

/** What a program printed of its end. */
function endOf({ stdout, stderr }: Run): { step: number; same: boolean; values: number[]; figures: unknown } {
  const line = stdout.split("\n").find((text) => text.startsWith("end: "));
  if (line === undefined) throw new Error(`the program came to no end:\n${stdout}\n${stderr}`);
  return JSON.parse(line.slice(5));
}

describe.each<[Mpi, RegExp]>([
  ["Open MPI", /exited on\s+signal 9/],
  ["MPICH", /Killed \(signal 9\)/],
])("%s", (mpi, message) => {
  describeWith(mpi, "two ranks that train", (command) => {
    let folder: string;
    const programIn = (name: string, failing = "never"): string[] => [PROGRAM, join(folder, name), failing];

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "retrograd-ranks-"));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test("a rank that is killed in mid-step ends all with a message, and resume comes to the end of a run that was not cut", async () => {
      let killed = 0;
      const cut = await mpirun(command, 2, programIn("cut", "killed"), {
        during(stdout) {
          const process1 = /rank 1 is process (\d+)/.exec(stdout)?.[1];
          if (killed > 0 || process1 === undefined || !/step 18\b/.test(stdout)) return;
          killed = performance.now();
          process.kill(Number(process1), "SIGKILL");
        },
      });
      expect((performance.now() - killed) / 1000).toBeLessThan(10);
      expect(cut.status).not.toBe(0);
      expect(cut.stdout + cut.stderr).toMatch(message);
      expect(readdirSync(join(folder, "cut")).filter((name) => name.startsWith("step-"))).toEqual([
        expect.stringMatching(/step-0000001[26]/),
        expect.stringMatching(/step-000000(16|20)/),
      ]);

      const resumed = await mpirun(command, 2, programIn("cut"));
      expect(resumed.stdout).not.toMatch(/step 4\s/);
      const whole = await mpirun(command, 2, programIn("whole"));
      expect(endOf(whole)).toMatchObject({ step: 36, same: true });
      expect(endOf(resumed)).toEqual(endOf(whole));
    });

    test("a rank that throws ends all, and says why", async () => {
      const { status, stderr, seconds } = await mpirun(command, 2, programIn("thrown", "3"));
      expect(status).not.toBe(0);
      expect(stderr).toContain("rank 1 is out of order");
      expect(stderr).toContain("retrograd: rank 1 of 2 ends with exit code 1, and with it all ranks");
      expect(seconds).toBeLessThan(60);
    });
  });
});
