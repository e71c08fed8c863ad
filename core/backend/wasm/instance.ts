import type { DType } from "../../dtype.js";
import { heap, type Storage } from "../../heap.js";
import { allowRelaxedSimd } from "../../platform.js";
import { FUSED_BASE64, WASM_BASE64 } from "./module.js";

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

let modules: readonly WebAssembly.Module[] | undefined;

/** The compiled kernels as modules, for other threads to instantiate; of functions that two have, that of the later counts. */
export function wasmModules(): readonly WebAssembly.Module[] {
  modules ??= compile();
  return modules;
}

/** Whether products and sums are made by instructions that do both, with one rounding. */
export function multiplyAdds(): boolean {
  return wasmModules().length > 1;
}

function instantiate(): WasmExports {
  const imports = { env: { memory: heap.memory as WebAssembly.Memory } };
  const instances = wasmModules().map((module) => new WebAssembly.Instance(module, imports));
  return Object.assign({}, ...instances.map((instance) => instance.exports));
}

function compile(): WebAssembly.Module[] {
  const base = new WebAssembly.Module(decode(WASM_BASE64));
  allowRelaxedSimd();
  const fused = decode(FUSED_BASE64);
  return WebAssembly.validate(fused) ? [base, new WebAssembly.Module(fused)] : [base];
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
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
