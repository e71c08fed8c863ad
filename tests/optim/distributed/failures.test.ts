import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundled, describeWith, type Mpi, mpirun, type Run } from "./mpi.js";

jest.setTimeout(240_000);

/** What a program printed of the end of its training in a folder. */
function endOf(folder: string, { stdout, stderr }: Run): { step: number; same: boolean; values: number[] } {
  const start = `end of ${folder}: `;
  const line = stdout.split("\n").find((text) => text.startsWith(start));
  if (line === undefined) throw new Error(`the program came to no end:\n${stdout}\n${stderr}`);
  return JSON.parse(line.slice(start.length));
}

// Where programs in between do not pass on MPICH's connections it needs an option, with which it says in another way who is who.
describe.each<[Mpi, RegExp, string[]]>([
  ["Open MPI", /exited on\s+signal 9/, []],
  ["MPICH", /Killed \(signal 9\)/, ["-pmi-port"]],
])("%s", (mpi, message, launcher) => {
  describeWith(mpi, "two ranks that train", (command) => {
    let folder: string;
    let cut: Run;
    let left: string[];
    let killed = 0;
    let after: Run;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "retrograd-ranks-"));
      const program = bundled("resume.ts");
      cut = await mpirun(command, 2, [program, "slowly", join(folder, "cut")], {
        during(stdout) {
          const process1 = /rank 1 is process (\d+)/.exec(stdout)?.[1];
          if (killed > 0 || process1 === undefined || !/step 18\b/.test(stdout)) return;
          killed = performance.now();
          process.kill(Number(process1), "SIGKILL");
        },
      });
      killed = (performance.now() - killed) / 1000;
      left = readdirSync(join(folder, "cut")).filter((name) => name.startsWith("step-"));
      after = await mpirun(command, 2, [program, join(folder, "cut"), join(folder, "whole")]);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test("a rank that is killed in mid-step ends all with a message", () => {
      expect(killed).toBeLessThan(10);
      expect(cut.status).not.toBe(0);
      expect(cut.stdout + cut.stderr).toMatch(message);
      expect(left).toEqual([expect.stringMatching(/step-0000001[26]/), expect.stringMatching(/step-000000(16|20)/)]);
    });

    test("resume comes to the end of a run that was not cut", () => {
      expect(after.stdout).not.toMatch(/cut: step 4\s/);
      expect(after.stdout).toMatch(/whole: step 4\s/);
      expect(endOf("whole", after)).toMatchObject({ step: 36, same: true });
      expect(endOf("cut", after)).toEqual(endOf("whole", after));
    });

    test("a rank that throws ends all, and says why", () => {
      const { status, stderr, seconds } = after;
      expect(status).not.toBe(0);
      expect(stderr).toContain("rank 1 is out of order");
      expect(stderr).toContain("retrograd: rank 1 of 2 ends with exit code 1, and with it all ranks");
      expect(seconds).toBeLessThan(60);
    });
  });

  describeWith(mpi, "ranks of which one ends well", (command) => {
    let program: string;
    beforeAll(() => {
      program = bundled("ending.ts");
    });

    test.each([
      ["small", "MPI_Allreduce"],
      ["large", "MPI_Allreduce"],
      ["early", "MPI_Iallreduce"],
    ])("end with a message when others wait for it: %s exchanges", async (way, name) => {
      const { status, stdout, stderr, seconds } = await mpirun(command, 3, [program, way]);
      expect(status).not.toBe(0);
      expect(stdout).toBe("");
      // The rank after it finds out: the first one.
      expect(stderr).toContain(
        `${name}: rank 2 has ended after 3 exchanges, and rank 0 waits for it in exchange 4; expected all ranks to take part`,
      );
      expect(stderr).toContain("retrograd: rank 0 of 3 ends with exit code 1, and with it all ranks");
      expect(seconds).toBeLessThan(10);
    });

    test("go on when nobody does", async () => {
      const { status, stdout } = await mpirun(command, 3, [program, "last"], { launcher });
      expect(status).toBe(0);
      expect(stdout.split("\n").sort()).toEqual(["", "rank 0 is done", "rank 1 is done"]);
    });
  });
});
