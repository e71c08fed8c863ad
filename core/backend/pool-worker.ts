import * as protocol from "./pool-protocol.js";

/**
 * The program of a worker thread, as text, so that it needs no file of its own: bundlers, jest and packages differ in where
 * they put files. It is plain JavaScript for Node and browsers.
 *
 * Protocol (see pool.ts): `control` holds the words of pool-protocol.ts, and `code` begins with four words for each module: where it
 * and the one with relaxed SIMD begin, and their bytes. A part belongs to whoever changes its claim from that of an older job to this
 * job's with its own place in the low four bits; the next two say that it is done or has failed. Each worker begins with the part of
 * its own place, which it had of the job before too: what that one wrote is in its cache. A job without parts tells it to park at once.
 *
 * A thread learns of memory that another one added at its next check for interrupts, which it may just have passed; growing by nothing
 * makes it look. And a thread that finds the process about to end does not begin to load the library: it would be stopped in the loader, which aborts.
 */
export const POOL_WORKER = `
"use strict";
function start(data) {
  const { memory, code, control, numbers, reason, width, looks, native, place } = data;
  const natives = [];
  if (native) {
    Atomics.add(control, ${protocol.LOADING}, 1);
    try {
      if (Atomics.load(control, ${protocol.ENDING}) !== 0) return;
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
      Atomics.sub(control, ${protocol.LOADING}, 1);
      Atomics.notify(control, ${protocol.LOADING});
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
  let pause = 1;
  const args = [];
  Atomics.or(control, ${protocol.READY}, 1 << place);
  for (;;) {
    let sequence = Atomics.load(control, ${protocol.SEQUENCE});
    for (let i = 0; sequence === seen && i < looks && !resting; i++) {
      for (let j = 0; j < ${protocol.PAUSE}; j++) pause = Math.sqrt(pause + 1);
      sequence = Atomics.load(control, ${protocol.SEQUENCE});
    }
    if (sequence === seen) {
      Atomics.or(control, ${protocol.PARKED}, 1 << place);
      Atomics.wait(control, ${protocol.SEQUENCE}, seen);
      Atomics.and(control, ${protocol.PARKED}, ~(1 << place));
      resting = false;
      continue;
    }
    // The pause is never 0, but the compiler must not know.
    if (sequence & 1 || pause === 0) continue;
    const parts = Atomics.load(control, ${protocol.PARTS});
    const run = functionOf(Atomics.load(control, ${protocol.FUNCTION}));
    const size = Atomics.load(control, ${protocol.PAGES});
    if (Atomics.load(control, ${protocol.SEQUENCE}) !== sequence) continue;
    if (size !== pages) {
      memory.grow(0);
      pages = size;
    }
    seen = sequence;
    resting = parts === 0;
    const mine = (sequence << ${protocol.JOB_SHIFT}) | place;
    for (let i = 0; i < parts; i++) {
      const part = (place + i) % parts;
      const at = ${protocol.CLAIMS} + part * ${protocol.CLAIM_STEP};
      const claim = Atomics.load(control, at);
      if (((claim - (sequence << ${protocol.JOB_SHIFT})) | 0) >= 0) continue;
      if (Atomics.compareExchange(control, at, claim, mine) !== claim) continue;
      const from = part * width;
      args.length = 0;
      for (let j = 1; j <= numbers[from]; j++) args.push(numbers[from + j]);
      let outcome = ${protocol.FINISHED};
      try {
        run(...args);
      } catch (error) {
        const text = String(error).slice(0, reason.length);
        for (let i = 0; i < text.length; i++) reason[i] = text.charCodeAt(i);
        Atomics.store(control, ${protocol.FAILED}, text.length);
        outcome = ${protocol.BROKEN};
      }
      Atomics.store(control, at, mine + outcome);
    }
  }
}
if (typeof require === "function") start(require("node:worker_threads").workerData);
else onmessage = (event) => start(event.data);
`;
