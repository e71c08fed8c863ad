import type { BackendInfo } from "retrograd";
import { DIGITS_FILE } from "./digits.js";
import { DrawingPad } from "./drawing-pad.js";
import { FilterView } from "./filter-view.js";
import { GraphView } from "./graph-view.js";
import { watchBlocks } from "./longest-block.js";
import { LossChart } from "./loss-chart.js";
import type { Progress, Report, Request, Seen } from "./messages.js";
import { TestView } from "./test-view.js";

/*
 * The page: it draws what the worker reports and passes on what the visitor does. It computes nothing itself, and imports nothing but
 * types from retrograd.
 */

const element = <E extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as E;
const button = (id: string) => element<HTMLButtonElement>(id);

watchBlocks((milliseconds) => {
  if (milliseconds === null) return;
  // The browser tells of tasks of 50 ms and more.
  const text = milliseconds === 0 ? "never blocked for 50 ms" : `blocked for ${Math.round(milliseconds)} ms at most`;
  element("block").textContent = `page ${text}`;
  element("block").dataset.milliseconds = `${milliseconds}`;
});

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const ask = (request: Request) => worker.postMessage(request);

const chart = new LossChart(element("chart"));
const filters = new FilterView(element("figures"));
const tests = new TestView(element("digits"), (pixels) => {
  pad.show(pixels);
  look(pixels);
});
const graphView = new GraphView(element("picture"), element("details"));
const pad = new DrawingPad(element<HTMLCanvasElement>("pad"), look);
const bars = Array.from({ length: 10 }, (_, digit) => {
  const item = document.createElement("li");
  const bar = document.createElement("span");
  item.append(`${digit}`, bar);
  element("probabilities").append(item);
  return bar;
});
/** Whether there is something on the pad to read. */
let drawn = false;

function look(pixels: Uint8Array): void {
  drawn = true;
  element("hint").hidden = true;
  ask({ kind: "look", pixels });
}

function showReading({ probabilities, answers }: Seen): void {
  filters.showAnswers(answers);
  const best = probabilities.indexOf(Math.max(...probabilities));
  element("reading").textContent = drawn ? `${best}` : "–";
  for (const [digit, bar] of bars.entries()) bar.style.transform = `scaleX(${drawn ? probabilities[digit]! : 0})`;
}

function showProgress(progress: Progress): void {
  chart.addLoss(progress);
  element("epoch").textContent = `${progress.epoch}`;
  element("loss").textContent = progress.loss.toFixed(3);
  element("speed").textContent = Math.round(progress.digitsPerSecond).toLocaleString("en-US");
}

function showState(state: "new" | "training" | "paused" | "finished"): void {
  const labels = { new: "Train", training: "Pause", paused: "Go on", finished: "Trained" };
  button("train").textContent = labels[state];
  button("train").disabled = state === "finished";
  button("reset").disabled = state === "new";
  document.body.dataset.state = state;
}

function showEngine({ backend, threads, simd, fusedMultiplyAdd }: BackendInfo): void {
  const name = backend === "js" ? "JavaScript" : "WebAssembly";
  const instructions = fusedMultiplyAdd ? ", SIMD with fused multiply-add" : simd ? ", SIMD" : "";
  element("engine").textContent = `${name}, ${threads === 1 ? "1 thread" : `${threads} threads`}${instructions}`;
  button("isolate").hidden = crossOriginIsolated || !("serviceWorker" in navigator);
}

worker.onmessage = ({ data: report }: MessageEvent<Report>) => {
  switch (report.kind) {
    case "ready":
      showEngine(report.backend);
      tests.fill(report.pixels, report.labels);
      showState("new");
      for (const id of ["forward", "gradients"]) button(id).disabled = false;
      break;
    case "state":
      showState(report.state);
      break;
    case "reset":
      chart.clear();
      for (const id of ["epoch", "loss", "speed"]) element(id).textContent = "–";
      showState("new");
      break;
    case "filters":
      filters.showFilters(report.filters);
      break;
    case "progress":
      showProgress(report);
      break;
    case "tested":
      chart.addAccuracy(report);
      element("accuracy").textContent = `${(100 * report.accuracy).toFixed(1)} %`;
      tests.showReadings(report.readings);
      break;
    case "seen":
      showReading(report);
      break;
    case "drawn":
      graphView.show(report);
      break;
    case "failed":
      fail(report.message);
  }
};
worker.onerror = ({ message }) => fail(message);

function fail(message: string): void {
  element("failure").hidden = false;
  element("failure").textContent = message;
}

button("train").onclick = () => ask({ kind: document.body.dataset.state === "training" ? "pause" : "train" });
button("reset").onclick = () => ask({ kind: "reset" });
button("clear").onclick = () => {
  pad.clear();
  drawn = false;
  element("hint").hidden = false;
  element("reading").textContent = "–";
  for (const bar of bars) bar.style.transform = "scaleX(0)";
};
button("forward").onclick = () => ask({ kind: "graph", gradients: false });
button("gradients").onclick = () => ask({ kind: "graph", gradients: true });
button("isolate").onclick = async () => {
  await navigator.serviceWorker.register("isolate.js");
  await navigator.serviceWorker.ready;
  location.reload();
};

ask({ kind: "load", digits: new URL(DIGITS_FILE, document.baseURI).href });
