import { FileError } from "./errors.js";

/**
 * What the surroundings offer beyond ECMAScript. retrograd runs in Node, in browsers and under jest;
 * everything that exists only in some of them is reached through here, at run time and without an import.
 */

interface NodeVm {
  Script: new (code: string) => { runInContext(context: object): unknown };
  createContext(sandbox: object, options: { microtaskMode: "afterEvaluate" }): object;
  runInNewContext(code: string): unknown;
}

interface NodeV8 {
  setFlagsFromString(flags: string): void;
}

interface NodePort {
  unref(): void;
  close(): void;
  /** Whether there is somebody at the other end. */
  postMessage(value: null): unknown;
}

interface NodeWorker {
  unref(): void;
  on(event: "error" | "exit", listener: () => void): unknown;
  terminate(): unknown;
}

interface NodeWorkerThreads {
  Worker: new (
    code: string,
    options: { eval: true; workerData: object; transferList: readonly NodePort[] },
  ) => NodeWorker;
  MessageChannel: new () => { port1: NodePort; port2: NodePort };
}

interface NodeOs {
  availableParallelism?(): number;
  cpus(): unknown[];
}

interface NodeModule {
  createRequire(from: string): { (name: string): unknown; resolve(name: string): string };
}

interface NodeFs {
  openSync(path: string, flags: string): number;
  readSync(file: number, into: Uint8Array, offset: number, length: number, position: number): number;
  writeSync(file: number, from: Uint8Array, offset: number, length: number): number;
  fsyncSync(file: number): void;
  closeSync(file: number): void;
  fstatSync(file: number): { size: number; isSocket(): boolean };
  renameSync(from: string, to: string): void;
  readdirSync(path: string): string[];
  mkdirSync(path: string, options: { recursive: true }): void;
  rmSync(path: string, options: { force: true }): void;
}

interface NodePath {
  dirname(path: string): string;
  join(...parts: string[]): string;
}

interface NodeZlib {
  inflateRawSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array;
  deflateRawSync(bytes: Uint8Array): Uint8Array;
}

interface NodeModules {
  "node:fs": NodeFs;
  "node:path": NodePath;
  "node:module": NodeModule;
  "node:os": NodeOs;
  "node:worker_threads": NodeWorkerThreads;
  "node:vm": NodeVm;
  "node:v8": NodeV8;
  "node:zlib": NodeZlib;
}

interface ProcessLike {
  on?(event: "SIGINT", handler: () => void): unknown;
  on?(event: "exit", handler: (code: number) => void): unknown;
  on?(event: "uncaughtExceptionMonitor", handler: (error: unknown) => void): unknown;
  off?(event: "SIGINT", handler: () => void): unknown;
  stdout?: Terminal & { isTTY?: boolean };
  argv?: string[];
  cwd?(): string;
  /** In microseconds, of all threads. */
  cpuUsage?(): { user: number; system: number };
  getBuiltinModule?(name: string): unknown;
  env?: Record<string, string | undefined>;
  versions?: Record<string, string | undefined>;
}

/** A terminal, which shows what is written and can write over it. */
export interface Terminal {
  readonly columns?: number;
  write(text: string): unknown;
}

const nodeProcess = (globalThis as { process?: ProcessLike }).process;

/** A core module of Node (20.16 or later), or undefined where there is none, as in a browser. */
export function nodeModule<K extends keyof NodeModules>(name: K): NodeModules[K] | undefined {
  return nodeProcess?.getBuiltinModule?.(name) as NodeModules[K] | undefined;
}

/** The value of an environment variable, or undefined where there is no environment. */
export function environment(name: string): string | undefined {
  return nodeProcess?.env?.[name];
}

/** The milliseconds for which processors have been at work for this process; undefined where nobody counts them, as in a browser. */
export function processorTime(): number | undefined {
  const usage = nodeProcess?.cpuUsage?.();
  return usage && (usage.user + usage.system) / 1000;
}

/** Whether this process has a connection under a number that it was told of, which programs in between may not have passed on. */
export function hasConnection(file: number): boolean {
  try {
    return nodeModule("node:fs")?.fstatSync(file).isSocket() ?? false;
  } catch {
    return false;
  }
}

/** Sets an environment variable, for libraries that this process loads, unless it is set. */
export function defaultEnvironment(name: string, value: string): void {
  const environment = nodeProcess?.env;
  if (environment !== undefined) environment[name] ??= value;
}

/**
 * Lets the engine compile relaxed SIMD where it has it behind a flag: V8 11.3, of Node 20, which has its final form already.
 * Later ones have it without.
 */
export function allowRelaxedSimd(): void {
  if (nodeProcess?.versions?.v8?.startsWith("11.3.")) {
    nodeModule("node:v8")?.setFlagsFromString("--experimental-wasm-relaxed-simd");
  }
}

/** Whether other threads can work on this one's memory: in Node, and in a browser on a cross-origin isolated page. */
export function canShareMemory(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return nodeModule("node:worker_threads") !== undefined || crossOriginIsolated === true;
}

/**
 * The modules of Node that reach files, for `operation`.
 * @throws FileError where there are none, as in a browser.
 */
export function fileModules(operation: string): { fs: NodeFs; path: NodePath } {
  const fs = nodeModule("node:fs");
  const path = nodeModule("node:path");
  if (fs !== undefined && path !== undefined) return { fs, path };
  throw new FileError(`${operation}: there are no files here; expected Node (20.16 or later), or bytes instead`);
}

/** The terminal that the program prints to, or null when it prints elsewhere. */
export function terminal(): Terminal | null {
  const stdout = nodeProcess?.stdout;
  return stdout?.isTTY ? stdout : null;
}

/**
 * Calls `handler` when Ctrl-C is pressed (SIGINT), instead of ending the program. Returns a function that ends this. Does nothing
 * where there are no signals.
 */
export function onInterrupt(handler: () => void): () => void {
  nodeProcess?.on?.("SIGINT", handler);
  return () => {
    nodeProcess?.off?.("SIGINT", handler);
  };
}

/**
 * Calls `handler` when the program ends by itself, with the exit code and the error that nobody caught, if that is why; Node prints it
 * after the call. Does nothing where programs do not end.
 */
export function onExit(handler: (code: number, error: unknown) => void): void {
  let uncaught: unknown;
  nodeProcess?.on?.("uncaughtExceptionMonitor", (error) => {
    uncaught = error;
  });
  nodeProcess?.on?.("exit", (code) => handler(code, uncaught));
}

/** Does nothing for so many milliseconds, and lets nobody else on this thread do anything. Where threads cannot wait it returns at once. */
export function pause(milliseconds: number): void {
  if (nodeProcess !== undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Lets signals, timers and the page have their turn. */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (resume: () => void) => unknown };
  return new Promise((resume) => {
    if (setImmediate !== undefined) {
      setImmediate(resume);
      return;
    }
    // A timer would wait for at least four milliseconds.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resume();
    };
    port2.postMessage(null);
  });
}

/** Memory that other threads can see, where there can be any: a page that is not cross-origin isolated has no SharedArrayBuffer. */
export function sharedBytes(bytes: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

/** How many threads can run at the same time: of several processes that MPI's launcher started on this machine, a fair share. */
export function hardwareThreads(): number {
  const os = nodeModule("node:os");
  const neighbours = Number(environment("OMPI_COMM_WORLD_LOCAL_SIZE") ?? environment("MPI_LOCALNRANKS") ?? 1) || 1;
  if (os !== undefined) return Math.max(1, Math.floor((os.availableParallelism?.() ?? os.cpus().length) / neighbours));
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return navigator?.hardwareConcurrency ?? 1;
}

/** A thread that was started by `startWorker`. */
export interface WorkerThread {
  /**
   * Whether it runs still, or will run: told at once, without events. A thread that is not alive touches no memory any more. In a
   * browser, where threads do not end by themselves, only one that has failed is known to have ended, once the page had its turn.
   */
  alive(): boolean;
  /** Ends it, whatever it is doing. */
  terminate(): void;
}

/**
 * Starts a thread that runs `code` with `data` and does not keep the process alive. `ended` is called, as an event, when it has
 * ended, for whatever reason. Returns undefined where there are no threads.
 */
export function startWorker(code: string, data: object, ended: () => void): WorkerThread | undefined {
  try {
    const threads = nodeModule("node:worker_threads");
    return threads === undefined ? startPageWorker(code, data, ended) : startNodeWorker(threads, code, data, ended);
  } catch {
    return undefined;
  }
}

function startNodeWorker(threads: NodeWorkerThreads, code: string, data: object, ended: () => void): WorkerThread {
  // A thread's ports are closed after its last instruction, which the other end notices without waiting for events.
  const { port1, port2 } = new threads.MessageChannel();
  port1.unref();
  const workerData = { ...data, port: port2 };
  const worker = new threads.Worker(code, { eval: true, workerData, transferList: [port2] });
  // Without a listener an error in the thread, such as a lack of memory, would end the process.
  worker.on("error", () => {});
  worker.on("exit", () => {
    port1.close();
    ended();
  });
  worker.unref();
  return { alive: () => port1.postMessage(null) !== false, terminate: () => void worker.terminate() };
}

function startPageWorker(code: string, data: object, ended: () => void): WorkerThread {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(url);
  let failed = false;
  worker.onerror = () => {
    failed = true;
    worker.terminate();
    ended();
  };
  worker.postMessage(data);
  return { alive: () => !failed, terminate: () => worker.terminate() };
}

/**
 * Where the optional package `name` is, and what it exports; undefined where there is none. It is looked for from this file,
 * from the program, and from the working directory.
 */
export function optionalPackage(name: string): { path: string; exports: unknown } | undefined {
  const createRequire = nodeModule("node:module")?.createRequire;
  if (createRequire === undefined) return undefined;
  // The stack is the one way to know this file's place that both module systems, bundlers and jest understand.
  const here = /(?:file:\/\/)?(\/[^\s():]+):\d+:\d+/.exec(new Error().stack ?? "")?.[1];
  for (const from of [here, nodeProcess?.argv?.[1], `${nodeProcess?.cwd?.()}/_`]) {
    if (from === undefined) continue;
    try {
      const require = createRequire(from);
      const path = require.resolve(name);
      return { path, exports: require(path) };
    } catch {
      // Not there: the next place may have it.
    }
  }
  return undefined;
}

/**
 * One object per process, made by `make` the first time `key` is asked for.
 * It hangs on a core module of Node rather than on `globalThis`, because jest gives each test file a global
 * object of its own, and because a program may load both the ESM and the CommonJS build.
 */
export function shared<T extends object>(key: string, make: () => T): T {
  const holder = (nodeModule("node:vm") ?? globalThis) as unknown as Record<symbol, T | undefined>;
  const symbol = Symbol.for(key);
  let value = holder[symbol];
  if (value === undefined) {
    value = make();
    holder[symbol] = value;
  }
  return value;
}
