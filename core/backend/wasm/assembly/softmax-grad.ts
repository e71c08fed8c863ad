import { sumOfLanes } from "./lanes";

/** `y (gy - sum(gy y))` along the middle axis of (outer, length, inner); `rowStep` is the distance of two rows, in elements. */
function softmaxGrad<T>(gy: usize, y: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void {
  const size = sizeof<T>();
  const step = <usize>rowStep * size;
  const lanes = <i32>(16 / size);
  for (let i = 0; i < outer; i++) {
    for (let j: usize = 0; j < <usize>inner; j++) {
      const first = j * size;
      const end = first + <usize>length * step;
      const vectors = rowStep == 1 ? first + <usize>(length & ~(lanes - 1)) * size : first;
      let sums = v128.splat<T>(0);
      let others = sums;
      let pair = first;
      for (; pair + 32 <= vectors; pair += 32) {
        sums = v128.add<T>(sums, v128.mul<T>(v128.load(gy + pair), v128.load(y + pair)));
        others = v128.add<T>(others, v128.mul<T>(v128.load(gy + pair, 16), v128.load(y + pair, 16)));
      }
      if (pair < vectors) sums = v128.add<T>(sums, v128.mul<T>(v128.load(gy + pair), v128.load(y + pair)));
      let sum = sumOfLanes<T>(v128.add<T>(sums, others));
      for (let at = vectors; at < end; at += step) sum = (sum + load<T>(gy + at) * load<T>(y + at)) as T;
      const all = v128.splat<T>(sum);
      for (let at = first; at < vectors; at += 16) {
        v128.store(out + at, v128.mul<T>(v128.load(y + at), v128.sub<T>(v128.load(gy + at), all)));
      }
      for (let at = vectors; at < end; at += step) store<T>(out + at, (load<T>(y + at) * (load<T>(gy + at) - sum)) as T);
    }
    const block = <usize>length * step;
    gy += block;
    y += block;
    out += block;
  }
}

export function softmaxGrad_f32(gy: usize, y: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { softmaxGrad<f32>(gy, y, outer, length, inner, rowStep, out); }
export function softmaxGrad_f64(gy: usize, y: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { softmaxGrad<f64>(gy, y, outer, length, inner, rowStep, out); }
