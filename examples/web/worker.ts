import { backendInfo, seed, setThreads, slice } from "retrograd";
import { type Digits, fetchDigits, PIXELS } from "./digits.js";
import type { Report, Request } from "./messages.js";
import { asExamples, asImages, drawGraph, type Examples, filtersOf, look } from "./network.js";
import { Session } from "./session.js";

/*
 * All computing happens here, in a worker of the page: the page's own thread must not wait for anything. Where the page is
 * cross-origin isolated, the engine divides the work among more workers, which it starts itself.
 */

/** How many test digits the page shows, and how many examples the graph is drawn for. */
const SHOWN = 48;
const GRAPH_BATCH = 32;

let train: Examples;
let test: Examples;
let session: Session;
let looked: Uint8Array;

const report = (report: Report) => postMessage(report);

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  handle(data).catch((error: unknown) => {
    report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  });
});

async function handle(request: Request): Promise<void> {
  switch (request.kind) {
    case "load":
      return load(await fetchDigits(request.digits));
    case "train":
      return session.train();
    case "pause":
      return session.pause();
    case "reset":
      session.stop();
      report({ kind: "reset" });
      return begin();
    case "look":
      looked = request.pixels;
      return reportLook();
    case "graph": {
      const first = slice(0, GRAPH_BATCH);
      const examples = { x: train.x.slice(first), t: train.t.slice(first) };
      return report({ kind: "drawn", ...(await drawGraph(session.network, examples, request.gradients)) });
    }
  }
}

function load(digits: { train: Digits; test: Digits }): Promise<void> {
  // One processor is left to the page, which has to draw.
  setThreads(Math.max(2, navigator.hardwareConcurrency - 1));
  train = asExamples(digits.train);
  test = asExamples(digits.test);
  looked = digits.test.pixels.slice(0, PIXELS);
  report({
    kind: "ready",
    backend: backendInfo(),
    pixels: digits.test.pixels.slice(0, SHOWN * PIXELS),
    labels: digits.test.labels.slice(0, SHOWN),
  });
  return begin();
}

/** A new network, the same one every time. */
async function begin(): Promise<void> {
  seed(7);
  session = new Session({ train, test, shown: SHOWN, report, onProgress: reportLook });
  reportLook();
  report({ kind: "filters", filters: filtersOf(session.network) });
  await session.reportTest();
}

function reportLook(): void {
  report({ kind: "seen", ...look(session.network, asImages(looked)) });
}
