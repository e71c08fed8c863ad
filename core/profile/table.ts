import type { ProfileTotals } from "../profile.js";
import type { ProfilePhase, ProfileRow } from "./recorder.js";

type Line = readonly [
  name: string,
  calls: string,
  self: string,
  share: string,
  total: string,
  each: string,
  bytes: string,
];

const HEADER: Line = ["Function", "Calls", "Self ms", "Share", "Total ms", "us a call", "Allocated"];

/** The rows with the sums of both phases, what else happened, and the whole. */
export function tableText(rows: readonly ProfileRow[], totals: ProfileTotals): string {
  const inFunctions = sumOf(rows);
  const phases = (["forward", "backward"] as const).flatMap((phase) => phaseLines(phase, rows, totals.time));
  const rest = sumLine(
    "elsewhere",
    null,
    totals.time - inFunctions.selfTime,
    totals.bytes - inFunctions.bytes,
    totals.time,
  );
  const whole = sumLine("all", null, totals.time, totals.bytes, totals.time);
  const table = aligned([HEADER, ...phases, rest, whole]);
  const rule = "-".repeat(Math.max(...table.map(({ length }) => length)));
  return [table[0], rule, ...table.slice(1, -2), rule, ...table.slice(-2), ...notes(totals)].join("\n");
}

function phaseLines(phase: ProfilePhase, rows: readonly ProfileRow[], time: number): Line[] {
  const own = rows.filter((row) => row.phase === phase);
  const { calls, selfTime, bytes } = sumOf(own);
  return [
    sumLine(phase, calls, selfTime, bytes, time),
    ...own.map(
      (row): Line => [
        `  ${row.name}`,
        countText(row.calls),
        timeText(row.selfTime),
        shareText(row.selfTime, time),
        timeText(row.totalTime),
        ((1000 * row.totalTime) / row.calls).toFixed(1),
        bytesText(row.bytes),
      ],
    ),
  ];
}

function sumLine(name: string, calls: number | null, self: number, bytes: number, time: number): Line {
  return [
    name,
    calls === null ? "" : countText(calls),
    timeText(self),
    shareText(self, time),
    "",
    "",
    bytesText(bytes),
  ];
}

function sumOf(rows: readonly ProfileRow[]): { calls: number; selfTime: number; bytes: number } {
  return {
    calls: rows.reduce((sum, { calls }) => sum + calls, 0),
    selfTime: rows.reduce((sum, { selfTime }) => sum + selfTime, 0),
    bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function notes({ sweeps, sweepTime, droppedEvents }: ProfileTotals): string[] {
  return [
    ...(sweeps > 0 ? [`Sweeps of the heap: ${countText(sweeps)}, ${timeText(sweepTime)} ms, in the times above.`] : []),
    ...(droppedEvents > 0 ? [`The trace lacks ${countText(droppedEvents)} events: maxEvents.`] : []),
  ];
}

function countText(count: number): string {
  return count.toLocaleString("en-US");
}

function timeText(milliseconds: number): string {
  return milliseconds.toFixed(3);
}

function shareText(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : "";
}

function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** The lines with names to the left and numbers to the right. */
function aligned(lines: readonly Line[]): string[] {
  const widths = HEADER.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
