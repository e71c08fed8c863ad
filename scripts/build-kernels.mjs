/**
 * Compiles core/backend/wasm/assembly to two modules of WebAssembly and writes them, as base64, to core/backend/wasm/module.ts.
 * Does nothing when that file was made from the same sources.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = join(root, "core/backend/wasm/assembly");
const output = join(root, "core/backend/wasm/module.ts");
/** core/heap.ts hands out addresses from 131072 on; what lies below is the modules' own data. */
const MODULES = [
  {
    constant: "WASM_BASE64",
    what: "The compiled kernels.",
    entry: "index.ts",
    features: "simd,threads",
    data: [8, 65536],
  },
  {
    constant: "FUSED_BASE64",
    what: "Some of them for engines with relaxed SIMD.",
    entry: "fused.ts",
    features: "simd,threads,relaxed-simd",
    data: [65536, 131072],
  },
];

const OPTIONS = [
  "--optimizeLevel=3",
  "--shrinkLevel=0",
  "--converge",
  "--noAssert",
  "--runtime=stub",
  "--importMemory",
  "--sharedMemory",
  "--initialMemory=2",
  "--maximumMemory=65536",
];

const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.assemblyscript;
const files = readdirSync(sources)
  .filter((name) => name.endsWith(".ts"))
  .sort();
const hash = createHash("sha256").update(version).update(OPTIONS.join(" ")).update(JSON.stringify(MODULES));
for (const name of files) hash.update(name).update(readFileSync(join(sources, name)));
const digest = hash.digest("hex");
const firstLine = `// Made by scripts/build-kernels.mjs from sources ${digest}`;

if (existsSync(output) && readFileSync(output, "utf8").split("\n", 1)[0] === firstLine) process.exit(0);

// Of two functions of one name that index.ts exports, the compiler drops one without a word.
const owners = new Map();
for (const [, name] of readFileSync(join(sources, "index.ts"), "utf8").matchAll(/export \* from "\.\/([\w-]+)"/g)) {
  for (const [, exported] of readFileSync(join(sources, `${name}.ts`), "utf8").matchAll(/^export function (\w+)/gm)) {
    if (owners.has(exported)) {
      console.error(`build-kernels: ${exported} is exported by ${owners.get(exported)}.ts and by ${name}.ts`);
      process.exit(1);
    }
    owners.set(exported, name);
  }
}

const { default: asc } = await import("assemblyscript/asc");

async function compile({ entry, features, data: [begin, end] }) {
  let binary;
  const options = [...OPTIONS, `--enable=${features}`, `--memoryBase=${begin}`];
  const { error, stderr } = await asc.main([entry, "--outFile=kernels.wasm", ...options], {
    readFile: (name) => (existsSync(join(sources, name)) ? readFileSync(join(sources, name), "utf8") : null),
    writeFile: (_, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) {
    console.error(stderr.toString());
    console.error(`build-kernels: ${entry} does not compile`);
    process.exit(1);
  }
  const staticEnd = readStaticEnd(binary);
  if (staticEnd > end) {
    console.error(`build-kernels: static data of ${entry} ends at ${staticEnd}; expected at most ${end}`);
    process.exit(1);
  }
  console.log(`build-kernels: ${entry}: ${binary.length} bytes of WebAssembly`);
  return Buffer.from(binary).toString("base64");
}

function readStaticEnd(binary) {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  return new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } }).exports.staticEnd();
}

// Node 20 has relaxed SIMD behind a flag; see core/backend/wasm/instance.ts.
if (process.versions.v8.startsWith("11.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

let text = `${firstLine}\n/** Tells these kernels from others. */\nexport const KERNELS = "${digest.slice(0, 16)}";\n`;
for (const module of MODULES) {
  text += `/** ${module.what} */\nexport const ${module.constant} =\n  "${await compile(module)}";\n`;
}
writeFileSync(output, text);
