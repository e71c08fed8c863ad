import { UNFINISHED } from "../../core/atomic.js";
import { ArgumentError, FileError } from "../../core/errors.js";
import { checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import { fileModules } from "../../core/platform.js";
import type { TrainingEvent } from "./callback.js";
import type { Figures } from "./figures.js";
import { Watch, type WatchOptions } from "./watch.js";

/** Options of the checkpoints of a run. */
export interface CheckpointOptions extends Omit<WatchOptions, "minDelta"> {
  /** Where they are kept. It is made when there is none. */
  folder: string;
  /** After how many epochs one is written: 1 unless given. There is one at the end in any case. */
  everyEpochs?: number;
  /** After how many steps one is written, beside those after epochs: none unless given. */
  everySteps?: number | null;
  /** How many of the latest are kept: 2 unless given. */
  keep?: number;
  /** Whether that of the best epoch is kept too, as `best.safetensors`: true unless given. */
  best?: boolean;
}

const KNOWN = ["folder", "everyEpochs", "everySteps", "keep", "best", "monitor", "mode"];
const NAME = /^step-(\d+)\.safetensors$/;
const BEST = "best.safetensors";

/** The checkpoints in a folder: `step-00001200.safetensors`, and the best. */
export class Checkpoints {
  /** The figure that tells the best, or null when it is not kept. */
  readonly watch: Watch | null;
  readonly everyEpochs: number;
  readonly everySteps: number;
  private readonly folder: string;
  private readonly keep: number;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(
    private readonly operation: string,
    given: string | CheckpointOptions,
    /** Whether this process is the one that changes the folder. */
    private readonly writing = true,
  ) {
    const options = typeof given === "string" ? { folder: given } : given;
    checkOptions(`${operation}: checkpoint`, options, KNOWN);
    const { folder, everyEpochs = 1, everySteps = null, keep = 2, best = true, ...watched } = options;
    if (typeof folder !== "string" || folder === "") {
      throw new ArgumentError(`${operation}: checkpoint: folder is ${describe(folder)}; expected a path`);
    }
    checkCount(`${operation}: checkpoint`, "everyEpochs", everyEpochs);
    if (everySteps !== null) checkCount(`${operation}: checkpoint`, "everySteps", everySteps);
    checkCount(`${operation}: checkpoint`, "keep", keep);
    checkFlag(`${operation}: checkpoint`, "best", best);
    this.folder = folder;
    this.everyEpochs = everyEpochs;
    this.everySteps = everySteps ?? Number.POSITIVE_INFINITY;
    this.keep = keep;
    this.watch = best ? new Watch(`${operation}: checkpoint`, watched) : null;
  }

  /** Makes the folder ready: what was being written when a program ended goes. */
  begin(event: Pick<TrainingEvent, "expected">): void {
    this.watch?.begin(event);
    if (!this.writing) return;
    const { fs, path } = fileModules(this.operation);
    fs.mkdirSync(this.folder, { recursive: true });
    for (const name of fs.readdirSync(this.folder)) {
      const whole = name.endsWith(UNFINISHED) ? name.slice(0, -UNFINISHED.length) : "";
      if (NAME.test(whole) || whole === BEST) fs.rmSync(path.join(this.folder, name), { force: true });
    }
  }

  /**
   * Checks that there are no checkpoints, which a new run would mix with its own.
   * @throws ArgumentError when there are.
   */
  checkEmpty(): void {
    if (this.list().length === 0) return;
    throw new ArgumentError(
      `${this.operation}: there are checkpoints in ${this.folder}; expected resume: true to go on from them, or another folder`,
    );
  }

  /**
   * What `read` makes of the latest checkpoint that it can read, or null when there are none.
   * @throws FileError when it can read none.
   */
  latest<T>(read: (path: string) => T): T | null {
    const paths = this.list().reverse();
    const broken: FileError[] = [];
    for (const path of paths) {
      try {
        const result = read(path);
        for (const error of broken) console.warn(`${this.operation}: ${error.message}; going back to ${path}`);
        return result;
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        broken.push(error);
      }
    }
    if (broken.length > 0) throw broken[0]!;
    return null;
  }

  /** Writes the checkpoint of a step, and removes those that are too many. Returns its path. */
  save(step: number, write: (path: string) => void): string {
    const { fs, path } = fileModules(this.operation);
    const written = path.join(this.folder, `step-${String(step).padStart(8, "0")}.safetensors`);
    write(written);
    if (!this.writing) return written;
    for (const old of this.list().slice(0, -this.keep)) fs.rmSync(old, { force: true });
    return written;
  }

  /** Writes the best one when the figures of an epoch are the best. */
  saveBest(figures: Figures, write: (path: string) => void): void {
    if (this.watch?.improves(figures)) write(fileModules(this.operation).path.join(this.folder, BEST));
  }

  /** The paths of the checkpoints of steps, the latest last. */
  private list(): string[] {
    const { fs, path } = fileModules(this.operation);
    fs.mkdirSync(this.folder, { recursive: true });
    const steps = fs.readdirSync(this.folder).flatMap((name) => {
      const step = NAME.exec(name)?.[1];
      return step === undefined ? [] : [{ step: Number(step), name }];
    });
    return steps.sort((a, b) => a.step - b.step).map(({ name }) => path.join(this.folder, name));
  }
}
