import type { BackendInfo, FunctionNode, VariableNode } from "retrograd";

/** What the page asks of the worker. */
export type Request =
  | { kind: "load"; digits: string }
  | { kind: "train" }
  | { kind: "pause" }
  | { kind: "reset" }
  /** A digit to look at: 784 bytes. */
  | { kind: "look"; pixels: Uint8Array }
  | { kind: "graph"; gradients: boolean };

/** How far training has come. */
export interface Progress {
  kind: "progress";
  step: number;
  epoch: number;
  /** Mean over the steps since the last report. */
  loss: number;
  digitsPerSecond: number;
}

/** What the network makes of the digits for testing, at a step. */
export interface Tested {
  kind: "tested";
  step: number;
  /** The share of them that it reads right. */
  accuracy: number;
  /** What it reads the first of them as. */
  readings: Uint8Array;
}

/** What the network makes of the digit it was asked to look at. */
export interface Seen {
  kind: "seen";
  /** Of each of the ten digits. */
  probabilities: Float32Array;
  /** What the filters of the first convolution answer: one square after the other, row by row. */
  answers: Float32Array;
}

/** A graph to look at; ids in the drawing are those of functions and variables. */
export interface Drawn {
  kind: "drawn";
  svg: string;
  functions: readonly FunctionNode[];
  variables: readonly VariableNode[];
}

/** What the worker tells the page. */
export type Report =
  /** The digits are there, and the first of those for testing are these. */
  | { kind: "ready"; backend: BackendInfo; pixels: Uint8Array; labels: Uint8Array }
  | { kind: "state"; state: "training" | "paused" | "finished" }
  /** A new network takes the place of the old one. */
  | { kind: "reset" }
  /** The weights of the first convolution: one filter after the other, row by row. */
  | { kind: "filters"; filters: Float32Array }
  | Progress
  | Tested
  | Seen
  | Drawn
  | { kind: "failed"; message: string };
