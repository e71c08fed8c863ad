import { Presets, SingleBar } from "cli-progress";

/** The progress of the benchmark, on the standard error: a bar on a terminal, and a line for each result. */
export interface Progress {
  begin(title: string): void;
  finish(line: string): void;
  stop(): void;
}

/** Starts to show the progress of `total` measurements. */
export function startProgress(total: number): Progress {
  let done = 0;
  if (!process.stderr.isTTY) {
    return {
      begin: () => {},
      finish: (line) => console.error(`[${++done}/${total}] ${line}`),
      stop: () => {},
    };
  }
  const bar = new SingleBar(
    { format: "{bar} {value}/{total}  {title}", clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(total, 0, { title: "" });
  return {
    begin: (title) => bar.update(done, { title }),
    finish(line) {
      process.stderr.write(`\r\x1b[K${line}\n`);
      bar.update(++done);
    },
    stop: () => bar.stop(),
  };
}
