import { copyRun } from "./copy";
import { addRun } from "./window";

/* Gathering rows by int32 index, and adding rows up at indices. */

export function takeRows(x: usize, rows: usize, n: i32, rowBytes: usize, out: usize): void {
  for (let r = 0; r < n; r++) {
    copyRun(out, x + <usize>load<i32>(rows) * rowBytes, rowBytes);
    rows += 4;
    out += rowBytes;
  }
}

function addRows<T>(x: usize, rows: usize, n: i32, width: i32, out: usize): void {
  const rowBytes = <usize>width * sizeof<T>();
  for (let r = 0; r < n; r++) {
    addRun<T>(out + <usize>load<i32>(rows) * rowBytes, x, width);
    rows += 4;
    x += rowBytes;
  }
}

export function addRows_f32(x: usize, rows: usize, n: i32, width: i32, out: usize): void { addRows<f32>(x, rows, n, width, out); }
export function addRows_f64(x: usize, rows: usize, n: i32, width: i32, out: usize): void { addRows<f64>(x, rows, n, width, out); }
