import { makeHosts } from "./hosts.js";
import { bundled, found, mpirun } from "./mpi.js";
import type { Finding } from "./programs/report.js";

jest.setTimeout(240_000);

const launcher = found("Open MPI");
const hosts = "reason" in launcher ? launcher.reason : makeHosts();

const sections = [
  "allReduce: sum, min and max of float32, float64 and int32",
  "arrays of which every second element is exchanged, empty and large ones",
  "20 steps of an MLP are those of one process",
  "ranks that differ are told what differs",
];

if (typeof hosts === "string" || "reason" in launcher) {
  test.skip(`two hosts (skipped: ${hosts as string})`, () => undefined);
} else {
  afterAll(() => hosts.remove());

  test("ranks on two hosts, which reach each other over a network, do what ranks on one do", async () => {
    const [program, ...words] = hosts.first;
    const { status, stdout, stderr } = await mpirun(program, 4, [bundled("checks.ts"), ...sections], {
      launcher: [
        ...words,
        launcher.command,
        ...["--host", hosts.addresses.map((address) => `${address}:2`).join(",")],
        ...["--mca", "plm_rsh_agent", hosts.agent],
        ...["--mca", "oob_tcp_if_include", "10.213.77.0/24"],
        ...["--mca", "btl_tcp_if_include", "10.213.77.0/24"],
        ...["--mca", "btl", "self,vader,tcp", "--mca", "pml", "ob1"],
      ],
    });
    const line = stdout.split("\n").find((text) => text.startsWith("findings: "));
    expect({ status, stderr: line === undefined ? stderr : "" }).toEqual({ status: 0, stderr: "" });
    const { hosts: names, findings } = JSON.parse(line!.slice(10));
    expect(names).toEqual(["first-host", "first-host", "second-host", "second-host"]);
    expect(Object.keys(findings)).toEqual(sections);
    for (const all of Object.values<Finding[]>(findings)) {
      expect(all.map(({ rank }) => rank)).toEqual([0, 1, 2, 3]);
      expect(all.flatMap(({ failures }) => failures)).toEqual([]);
    }
    // The large array alone has 1.2 MB.
    expect(hosts.sent()).toBeGreaterThan(1e6);
  });
}
