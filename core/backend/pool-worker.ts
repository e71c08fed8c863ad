/**
 * The program of a worker thread, as text, so that it needs no file of its own: bundlers, jest and packages differ in where
 * they put files. It is plain JavaScript for Node and browsers.
 *
 * Protocol (see pool.ts): `control` is [sequence, parts, function, done, parked, ready, failed, ..., claim of part 0, 1, ...]. The sequence is
 * odd while a job is being written. A part belongs to whoever changes its claim from an older job's number to this job's.
 */
export const POOL_WORKER = `
"use strict";
function start(data) {
  const { modules, memory, control, numbers, width, firstClaim, spins, native } = data;
  const instances = modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }));
  const exports = Object.assign({}, ...instances.map((instance) => instance.exports));
  const functions = Object.values(exports).filter((f) => typeof f === "function");
  if (native) {
    const koffi = require(native.koffi);
    const library = koffi.load(native.library);
    library.func(native.setup.signature)(native.setup.argument);
    for (const { signature, addresses } of native.functions) {
      const call = library.func(signature);
      functions.push((...args) => {
        for (const i of addresses) args[i] += native.base;
        call(...args);
      });
    }
  }
  let seen = 0;
  Atomics.add(control, 5, 1);
  for (;;) {
    let sequence = Atomics.load(control, 0);
    for (let i = 0; sequence === seen && i < spins; i++) sequence = Atomics.load(control, 0);
    if (sequence === seen) {
      Atomics.add(control, 4, 1);
      Atomics.wait(control, 0, seen);
      Atomics.sub(control, 4, 1);
      continue;
    }
    if (sequence & 1) continue;
    const parts = Atomics.load(control, 1);
    const run = functions[Atomics.load(control, 2)];
    if (Atomics.load(control, 0) !== sequence) continue;
    seen = sequence;
    for (let part = 0; part < parts; part++) {
      const claim = Atomics.load(control, firstClaim + part);
      if (((claim - sequence) | 0) >= 0) continue;
      if (Atomics.compareExchange(control, firstClaim + part, claim, sequence) !== claim) continue;
      const at = part * width;
      try {
        run(...numbers.subarray(at + 1, at + 1 + numbers[at]));
      } catch {
        Atomics.store(control, 6, 1);
      }
      Atomics.add(control, 3, 1);
    }
  }
}
if (typeof require === "function") start(require("node:worker_threads").workerData);
else onmessage = (event) => start(event.data);
`;
