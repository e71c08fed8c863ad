import type * as Platform from "../../core/platform.js";

/* What the engine finds in surroundings that are made up: `process` as given, with the modules that it has. */

interface Surroundings {
  process?: object;
  modules?: Record<string, unknown>;
  globals?: Record<string, unknown>;
}

/** Runs `f` on the module as it is when loaded there; what `f` changes of the globals is put back. */
function inside<T>({ process, modules = {}, globals = {} }: Surroundings, f: (platform: typeof Platform) => T): T {
  const changed = { process: process && { getBuiltinModule: (name: string) => modules[name], ...process }, ...globals };
  const before = Object.keys(changed).map((key) => [key, Object.getOwnPropertyDescriptor(globalThis, key)] as const);
  let result!: T;
  jest.isolateModules(() => {
    const load = () => require("../../core/platform.js") as typeof Platform;
    for (const [key, value] of Object.entries(changed)) {
      Object.defineProperty(globalThis, key, { value, configurable: true, writable: true });
    }
    try {
      result = f(load());
    } finally {
      for (const [key, descriptor] of before) {
        if (descriptor === undefined) Reflect.deleteProperty(globalThis, key);
        else Object.defineProperty(globalThis, key, descriptor);
      }
    }
  });
  return result;
}

test("variables of the environment are read, and set unless they are", () => {
  const env: Record<string, string> = { ONE: "1" };
  inside({ process: { env } }, ({ environment, defaultEnvironment }) => {
    defaultEnvironment("ONE", "2");
    defaultEnvironment("TWO", "2");
    expect([environment("ONE"), environment("TWO"), environment("THREE")]).toEqual(["1", "2", undefined]);
  });
  expect(env).toEqual({ ONE: "1", TWO: "2" });
});

test("where there is no process there is nothing of it", () => {
  inside({}, (platform) => {
    expect(platform.environment("PATH")).toBeUndefined();
    expect(() => platform.defaultEnvironment("ONE", "1")).not.toThrow();
    expect(platform.nodeModule("node:fs")).toBeUndefined();
    expect(platform.terminal()).toBeNull();
    expect(platform.optionalPackage("koffi")).toBeUndefined();
    expect(() => platform.allowRelaxedSimd()).not.toThrow();
    expect(() => platform.onExit(() => {})).not.toThrow();
    expect(() => platform.onInterrupt(() => {})()).not.toThrow();
  });
});

test("files need both modules", () => {
  const [fs, path] = [{ openSync: 1 }, { join: 2 }];
  inside({ process: {}, modules: { "node:fs": fs, "node:path": path } }, ({ fileModules }) => {
    expect(fileModules("save")).toEqual({ fs, path });
  });
  for (const modules of [{}, { "node:fs": fs }, { "node:path": path }]) {
    inside({ process: {}, modules }, ({ fileModules }) => {
      expect(() => fileModules("save")).toThrow(
        "save: there are no files here; expected Node (20.16 or later), or bytes instead",
      );
    });
  }
});

test("a terminal is what shows what is written", () => {
  const screen = { isTTY: true, write: () => {} };
  inside({ process: { stdout: screen } }, ({ terminal }) => expect(terminal()).toBe(screen));
  inside({ process: { stdout: { write: () => {} } } }, ({ terminal }) => expect(terminal()).toBeNull());
});

test("threads: those of the system, shared fairly among the processes of MPI, or those of the browser", () => {
  const threads = (env: object, os: object) =>
    inside({ process: { env }, modules: { "node:os": os } }, ({ hardwareThreads }) => hardwareThreads());
  const eight = { availableParallelism: () => 8, cpus: () => [1] };
  expect(threads({}, eight)).toBe(8);
  expect(threads({}, { cpus: () => [1, 2, 3] })).toBe(3);
  expect(threads({ OMPI_COMM_WORLD_LOCAL_SIZE: "3" }, eight)).toBe(2);
  expect(threads({ MPI_LOCALNRANKS: "2" }, eight)).toBe(4);
  expect(threads({ MPI_LOCALNRANKS: "20" }, eight)).toBe(1);
  expect(threads({ MPI_LOCALNRANKS: "many" }, eight)).toBe(8);
  const inBrowser = (navigator: object | undefined) =>
    inside({ globals: { navigator, process: undefined } }, ({ hardwareThreads }) => hardwareThreads());
  expect(inBrowser({ hardwareConcurrency: 6 })).toBe(6);
  expect([inBrowser({}), inBrowser(undefined)]).toEqual([1, 1]);
});

test("memory is shared in Node, and on pages that are cross-origin isolated", () => {
  const can = (surroundings: Surroundings) => inside(surroundings, ({ canShareMemory }) => canShareMemory());
  expect(can({ process: {}, modules: { "node:worker_threads": {} } })).toBe(true);
  expect(can({ globals: { process: undefined, crossOriginIsolated: true } })).toBe(true);
  expect(can({ globals: { process: undefined, crossOriginIsolated: false } })).toBe(false);
  expect(can({ globals: { process: undefined } })).toBe(false);
  const bytes = (globals: object) => inside({ globals: { ...globals } }, ({ sharedBytes }) => sharedBytes(8));
  expect([bytes({}).byteLength, bytes({}) instanceof SharedArrayBuffer]).toEqual([8, true]);
  const own = bytes({ SharedArrayBuffer: undefined });
  expect([own.byteLength, own instanceof ArrayBuffer]).toEqual([8, true]);
});

test("relaxed SIMD is allowed in the version of V8 that has it behind a flag", () => {
  for (const [v8, flags] of [
    ["11.3.244.8", ["--experimental-wasm-relaxed-simd"]],
    ["12.4.254.21", []],
  ] as const) {
    const set: string[] = [];
    const modules = { "node:v8": { setFlagsFromString: (flag: string) => set.push(flag) } };
    inside({ process: { versions: { v8 } }, modules }, ({ allowRelaxedSimd }) => allowRelaxedSimd());
    expect(set).toEqual(flags);
  }
});

test("signals and the end of the program", () => {
  const handlers: [string, unknown][] = [];
  const heard: unknown[] = [];
  const process = {
    on: (event: string, handler: unknown) => handlers.push([event, handler]),
    off: (event: string, handler: unknown) => heard.push(event, handler),
  };
  inside({ process }, ({ onInterrupt, onExit }) => {
    const stop = () => {};
    const end = onInterrupt(stop);
    expect([handlers.splice(0), heard]).toEqual([[["SIGINT", stop]], []]);
    end();
    expect(heard.splice(0)).toEqual(["SIGINT", stop]);
    onExit((code, error) => heard.push(code, error));
    const [[, uncaught], [, exit]] = handlers as [[string, (e: unknown) => void], [string, (code: number) => void]];
    expect(handlers.map(([event]) => event)).toEqual(["uncaughtExceptionMonitor", "exit"]);
    exit(0);
    uncaught("why");
    exit(1);
    expect(heard).toEqual([0, undefined, 1, "why"]);
  });
});

describe("threads are started", () => {
  const nothing = (): void => {};

  test("in Node, so that they keep nothing alive", () => {
    const made: unknown[] = [];
    const listeners: Record<string, () => void> = {};
    class Worker {
      constructor(...given: unknown[]) {
        made.push(given);
      }
      unref() {
        made.push("unref");
      }
      on(event: string, listener: () => void) {
        listeners[event] = listener;
      }
      terminate() {
        made.push("terminate");
      }
    }
    let open = true;
    const near = { unref: () => made.push("port unref"), close: () => made.push("close"), postMessage: () => open };
    class MessageChannel {
      port1 = near;
      port2 = "far";
    }
    const start = (modules: Record<string, unknown>) =>
      inside({ process: {}, modules }, ({ startWorker }) => startWorker("code", { a: 1 }, () => made.push("ended")));
    const worker = start({ "node:worker_threads": { Worker, MessageChannel } })!;
    const options = { eval: true, workerData: { a: 1, port: "far" }, transferList: ["far"] };
    expect(made.splice(0)).toEqual(["port unref", ["code", options], "unref"]);
    expect(worker.alive()).toBe(true);
    open = false;
    expect(worker.alive()).toBe(false);
    worker.terminate();
    listeners.error!();
    listeners.exit!();
    expect(made).toEqual(["terminate", "close", "ended"]);
    class Refused {
      constructor() {
        throw new Error("refused");
      }
    }
    expect(start({ "node:worker_threads": { Worker: Refused, MessageChannel } })).toBeUndefined();
  });

  test("in a browser", () => {
    const made: unknown[] = [];
    class Worker {
      onerror = nothing;
      constructor(url: string) {
        made.push(url, this);
      }
      postMessage(data: unknown) {
        made.push(data);
      }
      terminate() {
        made.push("terminate");
      }
    }
    class Blob {
      constructor(
        readonly parts: string[],
        readonly options: object,
      ) {}
    }
    const globals = { process: undefined, Worker, Blob, URL: { createObjectURL: (blob: unknown) => blob } };
    const worker = inside({ globals }, ({ startWorker }) => startWorker("code", { a: 1 }, () => made.push("ended")))!;
    const [url, thread, data] = made.splice(0) as [unknown, Worker, unknown];
    expect([url, data]).toEqual([{ parts: ["code"], options: { type: "text/javascript" } }, { a: 1 }]);
    expect(worker.alive()).toBe(true);
    thread.onerror();
    expect(worker.alive()).toBe(false);
    worker.terminate();
    expect(made).toEqual(["terminate", "ended", "terminate"]);
    const none = { ...globals, Worker: undefined };
    expect(inside({ globals: none }, ({ startWorker }) => startWorker("", {}, nothing))).toBeUndefined();
  });
});

test("others have their turn, with timers and without", async () => {
  const turns: number[] = [];
  setImmediate(() => turns.push(1));
  await inside({}, ({ nextTurn }) => nextTurn());
  expect(turns).toEqual([1]);
  const messages: unknown[] = [];
  class MessageChannel {
    port1 = { close: () => messages.push("closed"), onmessage: () => {} };
    port2 = {
      postMessage: (message: unknown) => {
        messages.push(message);
        Promise.resolve().then(() => this.port1.onmessage());
      },
    };
  }
  await inside({ globals: { setImmediate: undefined, MessageChannel } }, ({ nextTurn }) => nextTurn());
  expect(messages).toEqual([null, "closed"]);
});

test("a package is looked for from this file, from the program and from the working directory", () => {
  const asked: string[] = [];
  const createRequire = (from: string) => {
    asked.push(from);
    const require = (path: string) => ({ path });
    require.resolve = (name: string) => {
      if (from !== "/project/_") throw new Error("not there");
      return `/modules/${name}`;
    };
    return require;
  };
  const process = { argv: ["node", "/program.js"], cwd: () => "/project" };
  const find = (name: string, cwd = "/project") =>
    inside({ process: { ...process, cwd: () => cwd }, modules: { "node:module": { createRequire } } }, (platform) =>
      platform.optionalPackage(name),
    );
  expect(find("koffi")).toEqual({ path: "/modules/koffi", exports: { path: "/modules/koffi" } });
  expect(asked[0]).toMatch(/\/core\/platform\.[jt]s$/);
  expect(asked.slice(1)).toEqual(["/program.js", "/project/_"]);
  expect(find("koffi", "/elsewhere")).toBeUndefined();
});

test("what is shared is made once for each key, also by copies of the module", () => {
  const vm = {};
  let made = 0;
  const get = (key: string, surroundings: Surroundings) =>
    inside(surroundings, ({ shared }) => shared(key, () => ({ number: ++made })));
  const node = { process: {}, modules: { "node:vm": vm } };
  expect([get("a", node), get("a", node), get("b", node)]).toEqual([{ number: 1 }, { number: 1 }, { number: 2 }]);
  const page = { globals: { process: undefined } };
  expect([get("platform.test", page), get("platform.test", page)]).toEqual([{ number: 3 }, { number: 3 }]);
});
