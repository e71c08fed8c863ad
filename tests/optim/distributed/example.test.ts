import { describeWith, mpirun } from "./mpi.js";

jest.setTimeout(240_000);

describeWith("Open MPI", "examples/mnist-distributed.ts", (command) => {
  test("learns digits with two processes, of which the first alone prints", async () => {
    const program = [
      "--import",
      "tsx",
      "examples/mnist-distributed.ts",
      "--digits",
      "3000",
      "--epochs",
      "1",
      "--batch-size",
      "50",
    ];
    const { status, stdout } = await mpirun(command, 2, program);
    expect(status).toBe(0);
    expect(stdout.match(/Open MPI [\d.]+, 2 processes, 1 thread each/g)).toHaveLength(1);
    expect(stdout.match(/Epoch 1\/1 {2}loss/g)).toHaveLength(1);
    const [, accuracy] = /Accuracy on the 10,000 test digits: ([\d.]+) %/.exec(stdout)!;
    expect(Number(accuracy)).toBeGreaterThan(80);
    expect(stdout).toMatch(/went into exchanging \d+ MiB for each process/);
  });
});
