import type { DType } from "../../dtype.js";
import { heap, type Storage } from "../../heap.js";
import { WASM_BASE64 } from "./module.js";

/** A function of the compiled module: addresses and counts in. */
export type WasmFunction = (...numbers: number[]) => number;

/** The functions of the compiled module. */
export type WasmExports = Readonly<Record<string, WasmFunction>>;

/** How the module's functions name the dtype they work on. */
export const SUFFIX: Readonly<Record<DType, string>> = { float32: "f32", float64: "f64", int32: "i32", bool: "u8" };

let functions: WasmExports | undefined;

/**
 * The compiled kernels, instantiated on the heap's memory at the first call.
 * @throws WebAssembly.CompileError where the engine lacks SIMD or threads.
 */
export function wasm(): WasmExports {
  functions ??= instantiate();
  return functions;
}

let compiled: WebAssembly.Module | undefined;

/** The compiled kernels as a module, for other threads to instantiate. */
export function wasmModule(): WebAssembly.Module {
  compiled ??= compile();
  return compiled;
}

function instantiate(): WasmExports {
  const instance = new WebAssembly.Instance(wasmModule(), { env: { memory: heap.memory as WebAssembly.Memory } });
  return instance.exports as WasmExports;
}

function compile(): WebAssembly.Module {
  const text = atob(WASM_BASE64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new WebAssembly.Module(bytes);
}

const found: Record<DType, Record<string, WasmFunction | undefined>> = {
  float32: {},
  float64: {},
  int32: {},
  bool: {},
};

/** The function of the module that does `name` on arrays of `dtype`. Remembered, since putting names together takes time. */
export function wasmFunction(name: string, dtype: DType): WasmFunction {
  const known = found[dtype];
  known[name] ??= wasm()[`${name}_${SUFFIX[dtype]}`]!;
  return known[name];
}

let scratch: Storage | undefined;
let scratchAddress = 0;
let scratchBytes = 0;

/**
 * The address of at least `bytes` bytes for a kernel to work in. They are kept for the next call, since a block for each
 * product would bring sweeps closer. May allocate, so it comes before any other address is read.
 */
export function scratchOf(bytes: number): number {
  if (scratch === undefined || scratchBytes < bytes) {
    scratchBytes = Math.max(bytes, 65536);
    scratchAddress = heap.allocate(scratchBytes);
    scratch = heap.storage;
  }
  return scratchAddress;
}
