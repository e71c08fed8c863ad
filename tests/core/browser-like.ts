/*
 * Takes from Node what browsers have not, then computes a gradient and prints what computed. Arguments: what else is not there.
 */
const refused = process.argv.slice(2);

process.getBuiltinModule = undefined as never;
if (refused.includes("SharedArrayBuffer")) Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
if (refused.includes("shared memory")) {
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if (descriptor.shared) throw new TypeError("Shared memory is not enabled");
      super(descriptor);
    }
  };
}

async function main(): Promise<void> {
  const { backendInfo, heap, variable } = await import("../../index.js");
  const x = variable(Array.from({ length: 3_000_000 }, (_, i) => i % 3));
  x.mul(x).sum().backward();
  const gradients = x.grad!.data.toTypedArray().slice(0, 4);
  const { reserved } = heap.statistics();
  console.log(JSON.stringify({ ...backendInfo(), gradients: [...gradients], reserved }));
}

main();
