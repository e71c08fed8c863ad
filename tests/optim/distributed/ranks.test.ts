import { bundled, describeWith, type Mpi, mpirun, type Run } from "./mpi.js";
import type { Finding } from "./programs/report.js";
import { sections } from "./programs/sections.js";

// Ranks of one run go through all sections; starting them is what takes time.
jest.setTimeout(240_000);

const kinds: [mpi: Mpi, ranks: number][] = [
  ["Open MPI", 3],
  ["MPICH", 2],
];

for (const [mpi, ranks] of kinds) {
  describeWith(mpi, `${ranks} ranks of ${mpi}`, (command) => {
    let run: Run;
    let findings: Record<string, Finding[]> = {};

    beforeAll(async () => {
      run = await mpirun(command, ranks, [bundled("checks.ts")]);
      const line = run.stdout.split("\n").find((text) => text.startsWith("findings: "));
      if (line === undefined) return;
      const { description, findings: all } = JSON.parse(line.slice(10));
      expect(description).toMatch(new RegExp(`^${mpi} \\d+\\.\\d+.*, ${ranks} processes$`));
      findings = all;
    });

    test("come to the end", () => {
      expect(run.stderr).toBe("");
      expect(run.status).toBe(0);
    });

    test.each(Object.keys(sections))("%s", (name) => {
      const all = findings[name] ?? [];
      expect(all.map(({ rank }) => rank)).toEqual(Array.from({ length: ranks }, (_, rank) => rank));
      expect(all.flatMap(({ rank, failures }) => failures.map((failure) => `rank ${rank}: ${failure}`))).toEqual([]);
      for (const { passed } of all) expect(passed).toBeGreaterThan(0);
    });
  });
}
