import { setThreads, tidy } from "retrograd";
import { programs } from "../workloads/index.js";
import type { Prepare } from "../workloads/program.js";
import { serve } from "./serve.js";

setThreads(Number(process.env.BENCH_THREADS));

/** A workload whose steps give their memory back as they end, as those of the Trainer do, and of the TensorFlow.js twin. */
function tidied(prepare: Prepare): Prepare {
  return (sizes) => {
    const { step, check } = prepare(sizes);
    return { step: () => tidy(step), check };
  };
}

const served = Object.entries(programs).map(([name, prepare]) => [name, tidied(prepare)]);
await serve(process.env.BENCH_TIDY === "0" ? programs : Object.fromEntries(served));
