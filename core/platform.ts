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

interface NodeModules {
  "node:vm": NodeVm;
  "node:v8": NodeV8;
}

interface ProcessLike {
  getBuiltinModule?(name: string): unknown;
  env?: Record<string, string | undefined>;
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
