const vm = require("node:vm");
const threads = require("node:worker_threads");
const { TestEnvironment } = require("jest-environment-node");

/**
 * Left out of the runs of mutants: they take seconds each, and what they find others find. The table of functions keeps,
 * of its tests of each case, values and gradients in both dtypes, views that are stepped, and PyTorch's values, first and second gradients.
 */
const LEFT_OUT = [
  /^functions\/table\.test\.ts .*(?:passes gradcheck of order \d|takes transposed storage|takes negative strides|leaves its inputs as they are|works inside noGrad)$/,
  /^functions\/golden\.test\.ts .* float32$/,
  /a chain of 100,000 functions/,
  /bounds\.test\.ts (?!js .*float64|wasm, 3 threads .*float32)/,
  /select\.test\.ts settings from outside/,
  /memory comes back inside one synchronous loop/,
  /matmul of (?:int32|float64)/,
  /float64.*(?:55,80|200,61)/,
  /openblas-conv.*(?:chunks|room)/,
  /float32 over the whole range (?!erf)/,
  /safetensors\.test\.ts (?:a file of copies that are no longer used|refuses, before memory)/,
  /optim\/rows\.test\.ts (?!SGD|Adam )/,
  /pool\.test\.ts (?:results do not depend|thousands of jobs)/,
  /views of views are what a naive model says/,
];

/** Each run of jest gets a heap and workers of its own, has only the tests that were asked for, and ends with the first that fails. */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.wanted = namesIn(config.globalConfig.testNamePattern);
    if (this.wanted) this.global.testNames = [...this.wanted].join("\n");
  }

  async setup() {
    await super.setup();
    // The heap and the pool are shared by what one process loads (core/platform.ts): a mutant would meet those of the one before.
    for (const symbol of Object.getOwnPropertySymbols(vm)) {
      if (symbol.description?.startsWith("retrograd.")) delete vm[symbol];
    }
    const workers = [];
    const { Worker } = threads;
    threads.Worker = class extends Worker {
      constructor(...args) {
        super(...args);
        workers.push(this);
      }
    };
    this.endWorkers = async () => {
      threads.Worker = Worker;
      await Promise.all(workers.map((worker) => worker.terminate()));
    };
  }

  async teardown() {
    await this.endWorkers();
    await super.teardown();
  }

  handleTestEvent({ name, test }, state) {
    if (name === "run_start") {
      state.testNamePattern = null;
      keep(state.rootDescribeBlock, "", (title) => {
        return (this.wanted?.has(title) ?? true) && !LEFT_OUT.some((pattern) => pattern.test(title));
      });
    }
    if (name === "test_done" && test.errors.length > 0) endAfter(test);
  }
};

/** The names in the pattern that Stryker makes of them: `(one)|(other)`, with what means something in a pattern escaped. */
function namesIn(pattern) {
  if (!pattern) return undefined;
  const names = pattern.slice(1, -1).split(/(?<!\\)\)\|\(/);
  return new Set(names.map((name) => name.replace(/\\(.)/gs, "$1")));
}

/** Takes the other tests out of the tree: jest would make events of each that it skips. */
function keep(block, path, wanted) {
  block.children = block.children.filter((child) => {
    const title = path === "" ? child.name : `${path} ${child.name}`;
    if (child.type === "test") return wanted(title);
    keep(child, title, wanted);
    return child.children.length > 0;
  });
}

/** Jest has an end of this kind between files only. */
function endAfter(test) {
  for (let child = test; child.parent; child = child.parent) {
    const { children } = child.parent;
    children.length = children.indexOf(child) + 1;
  }
}
