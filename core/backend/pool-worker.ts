/**
 * The program of a worker thread, as text, so that it needs no file of its own: bundlers, jest and packages differ in where
 * they put files. It is plain JavaScript for Node and browsers.
 *
 * Protocol (see pool.ts): `control` is [sequence, parts, function, threads that are parked, threads that have come up, length of a
 * failure's reason, pages of memory, threads that load the library, whether the process ends, ..., claim of part 0, 1, ...];
 * threads that are parked and that have come up are bits, by their places. The sequence is odd while a job is being written. The
 * function is module * 256 + index, and `code` begins with four words for each module: where it and the one with relaxed SIMD
 * begin, and their bytes. A part belongs to whoever changes its claim from that of an older job to this job's with its own place in
 * the low four bits; the next two say that it is done (1) or has failed (2). Each worker begins with the part of its own place,
 * which it had of the job before too: what that one wrote is in its cache. A job without parts tells it to park at once.
 *
 * A thread learns of memory that another one added at its next check for interrupts, which it may just have passed; growing by nothing
 * makes it look. And a thread that finds the process about to end does not begin to load the library: it would be stopped in the loader, which aborts.
 */
export const POOL_WORKER = `
"use strict";
function start(data) {
  const { memory, code, control, numbers, reason, width, firstClaim, spins, native, place } = data;
  const natives = [];
  if (native) {
    Atomics.add(control, 7, 1);
    try {
      if (Atomics.load(control, 8) !== 0) return;
      const koffi = require(native.koffi);
      const library = koffi.load(native.library);
      library.func(native.setup.signature)(native.setup.argument);
      for (const { signature, addresses } of native.functions) {
        const call = library.func(signature);
        natives.push((...args) => {
          for (const i of addresses) args[i] += native.base;
          call(...args);
        });
      }
    } finally {
      Atomics.sub(control, 7, 1);
      Atomics.notify(control, 7);
    }
  }
  const modules = [natives];
  const compile = (number) => {
    const table = new Int32Array(code.buffer, number * 16, 4);
    const exports = {};
    for (const i of [0, 2]) {
      if (table[i] === 0) continue;
      const module = new WebAssembly.Module(code.slice(table[i], table[i] + table[i + 1]));
      Object.assign(exports, new WebAssembly.Instance(module, { env: { memory }, Math }).exports);
    }
    return Object.values(exports).filter((f) => typeof f === "function");
  };
  const functionOf = (id) => (modules[id >> 8] ??= compile(id >> 8))[id & 255];
  let seen = 0;
  let resting = false;
  let pages = 0;
  Atomics.or(control, 4, 1 << place);
  for (;;) {
    let sequence = Atomics.load(control, 0);
    for (let i = 0; sequence === seen && i < spins && !resting; i++) sequence = Atomics.load(control, 0);
    if (sequence === seen) {
      Atomics.or(control, 3, 1 << place);
      Atomics.wait(control, 0, seen);
      Atomics.and(control, 3, ~(1 << place));
      resting = false;
      continue;
    }
    if (sequence & 1) continue;
    const parts = Atomics.load(control, 1);
    const run = functionOf(Atomics.load(control, 2));
    const size = Atomics.load(control, 6);
    if (Atomics.load(control, 0) !== sequence) continue;
    if (size !== pages) {
      memory.grow(0);
      pages = size;
    }
    seen = sequence;
    resting = parts === 0;
    const mine = (sequence << 5) | place;
    for (let i = 0; i < parts; i++) {
      const part = (place + i) % parts;
      const claim = Atomics.load(control, firstClaim + part);
      if (((claim - (sequence << 5)) | 0) >= 0) continue;
      if (Atomics.compareExchange(control, firstClaim + part, claim, mine) !== claim) continue;
      const at = part * width;
      let outcome = 16;
      try {
        run(...numbers.subarray(at + 1, at + 1 + numbers[at]));
      } catch (error) {
        const text = String(error).slice(0, reason.length);
        for (let i = 0; i < text.length; i++) reason[i] = text.charCodeAt(i);
        Atomics.store(control, 5, text.length);
        outcome = 32;
      }
      Atomics.store(control, firstClaim + part, mine + outcome);
    }
  }
}
if (typeof require === "function") start(require("node:worker_threads").workerData);
else onmessage = (event) => start(event.data);
`;
