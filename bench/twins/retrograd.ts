import * as retrograd from "retrograd";
import { programs } from "../workloads/index.js";
import { serve } from "./serve.js";

const { setThreads } = retrograd as { setThreads?: (n: number) => void };
setThreads?.(Number(process.env.BENCH_THREADS));

await serve(programs);
