import type { ProfileTotals } from "../profile.js";
import { shapeText } from "../shape.js";
import type { ProfileEvent } from "./recorder.js";

/** The one process and thread that there is. */
const PLACE = { pid: 1, tid: 1 };

/** The events in Chrome's trace event format, as JSON: complete events, whose times are in microseconds. */
export function chromeTrace(events: readonly ProfileEvent[], { droppedEvents }: ProfileTotals): string {
  const names = [
    { name: "process_name", ph: "M", ...PLACE, args: { name: "retrograd" } },
    { name: "thread_name", ph: "M", ...PLACE, args: { name: "main" } },
  ];
  const calls = events.map(({ name, phase, start, duration, bytes, shapes }) => ({
    name,
    cat: phase,
    ph: "X",
    ts: 1000 * start,
    dur: 1000 * duration,
    ...PLACE,
    args: { shapes: shapes.map(shapeText).join(" "), bytes },
  }));
  return JSON.stringify({ traceEvents: [...names, ...calls], displayTimeUnit: "ms", otherData: { droppedEvents } });
}
