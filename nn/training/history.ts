import { FileError } from "../../core/errors.js";
import { foldName } from "../../core/spec.js";
import type { Tree } from "../files/tree.js";
import type { Figures } from "./figures.js";

/** What an epoch came to. */
export interface EpochRecord {
  /** Its number, from 1 on. */
  readonly epoch: number;
  /** How many steps had been taken in all. */
  readonly step: number;
  /** The learning rate at its end: that of the first group of the first optimizer. */
  readonly lr: number;
  /** How long it took, validation included; of an epoch that was interrupted, since then. */
  readonly seconds: number;
  /** Loss, metrics and other figures; those of the validation begin with `val`, as in `valLoss`. */
  readonly figures: Figures;
}

/** What training has come to: a record for each epoch. */
export class History implements Iterable<EpochRecord> {
  /** Why the training ended before its last epoch, or null. */
  stopReason: string | null = null;
  private readonly list: EpochRecord[] = [];

  /** The records, the first epoch's first. */
  get epochs(): readonly EpochRecord[] {
    return this.list;
  }

  /** The record of the latest epoch, if there is one. */
  get last(): EpochRecord | undefined {
    return this.list.at(-1);
  }

  /** A figure over the epochs, in any spelling: `values("val_loss")`. NaN where an epoch does not have it. */
  values(name: string): number[] {
    return this.list.map(({ figures }) => figureIn(figures, name) ?? Number.NaN);
  }

  /** The epochs, the first first. */
  [Symbol.iterator](): Iterator<EpochRecord> {
    return this.list[Symbol.iterator]();
  }

  /** Comma-separated values, a line for each epoch below the names. */
  toCSV(): string {
    const names = [...new Set(this.list.flatMap(({ figures }) => Object.keys(figures)))];
    const lines = this.list.map(({ epoch, step, lr, seconds, figures }) =>
      [epoch, step, lr, seconds, ...names.map((name) => figures[name] ?? "")].join(","),
    );
    return `${["epoch", "step", "lr", "seconds", ...names].join(",")}\n${lines.map((line) => `${line}\n`).join("")}`;
  }

  /** @internal Adds an epoch. */
  add(record: EpochRecord): void {
    this.list.push(record);
  }

  /** @internal For a checkpoint. */
  state(): Tree {
    return this.list.map((record) => ({ ...record, figures: { ...record.figures } }));
  }

  /** @internal Takes what `state()` gave. */
  loadState(state: Tree): void {
    if (!Array.isArray(state) || !state.every(isRecord)) throw new FileError("the history is no list of epochs");
    this.list.splice(0, this.list.length, ...(state as unknown as EpochRecord[]));
  }
}

function isRecord(value: unknown): value is EpochRecord {
  if (typeof value !== "object" || value === null) return false;
  const { epoch, step, lr, seconds, figures } = value as Partial<EpochRecord>;
  const numbers = [epoch, step, lr, seconds, ...Object.values(figures ?? {})];
  return (
    typeof figures === "object" &&
    figures !== null &&
    !Array.isArray(figures) &&
    numbers.every((n) => typeof n === "number")
  );
}

/** The figure that `name` means in any spelling, such as "val_loss" for `valLoss`. */
export function figureIn(figures: Figures, name: string): number | undefined {
  return Object.entries(figures).find(([own]) => foldName(own) === foldName(name))?.[1];
}
