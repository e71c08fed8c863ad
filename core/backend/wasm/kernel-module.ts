import type { DType } from "../../dtype.js";
import { heap } from "../../heap.js";
import { allowRelaxedSimd } from "../../platform.js";
import { bytesOfText } from "./bytes.js";

/** A function of a compiled module: addresses and counts in. */
export type WasmFunction = (...numbers: number[]) => number;

/** The functions of a compiled module. */
export type WasmExports = Readonly<Record<string, WasmFunction>>;

/** How the functions name the dtype they work on. */
export const SUFFIX: Readonly<Record<DType, string>> = { float32: "f32", float64: "f64", int32: "i32", bool: "u8" };

/**
 * Kernels that are compiled together, on the heap's memory, when one of them is called for the first time. A program holds those
 * modules that some function in it names: see `modules.ts`.
 */
export class KernelModule {
  private compiled: WasmExports | undefined;
  private code: readonly Uint8Array<ArrayBuffer>[] | undefined;
  private indices: ReadonlyMap<string, number> | undefined;
  private readonly found: Record<DType, Record<string, WasmFunction | undefined>> = {
    float32: {},
    float64: {},
    int32: {},
    bool: {},
  };

  /**
   * @param number Its number among the modules, from 1 on, by which workers know it.
   * @param text The module, as `bytesOfText` reads it.
   * @param fused Some of its functions again, for engines with relaxed SIMD.
   */
  constructor(
    readonly number: number,
    private readonly text: string,
    private readonly fused: string | null = null,
  ) {}

  /**
   * Its functions by name.
   * @throws WebAssembly.CompileError where the engine lacks SIMD or threads.
   */
  get functions(): WasmExports {
    this.compiled ??= this.instantiate();
    return this.compiled;
  }

  /** The function that does `name` on arrays of `dtype`. Remembered, since putting names together takes time. */
  of(name: string, dtype: DType): WasmFunction {
    const known = this.found[dtype];
    known[name] ??= this.functions[`${name}_${SUFFIX[dtype]}`]!;
    return known[name];
  }

  /** The module and, where the engine can run it, the one with relaxed SIMD; of functions that both have, that one's count. */
  get binaries(): readonly Uint8Array<ArrayBuffer>[] {
    this.code ??= this.decode();
    return this.code;
  }

  /** Where workers have the function `name` among those of the module. */
  indexOf(name: string): number {
    this.indices ??= new Map(
      Object.entries(this.functions)
        .filter(([, value]) => typeof value === "function")
        .map(([key], i) => [key, i]),
    );
    return this.indices.get(name)!;
  }

  private decode(): Uint8Array<ArrayBuffer>[] {
    const base = bytesOfText(this.text);
    if (this.fused === null) return [base];
    allowRelaxedSimd();
    const fused = bytesOfText(this.fused);
    return WebAssembly.validate(fused) ? [base, fused] : [base];
  }

  private instantiate(): WasmExports {
    const imports = { env: { memory: heap.memory as WebAssembly.Memory }, Math } as unknown as WebAssembly.Imports;
    const instances = this.binaries.map((code) => new WebAssembly.Instance(new WebAssembly.Module(code), imports));
    return Object.assign({}, ...instances.map((instance) => instance.exports));
  }
}
