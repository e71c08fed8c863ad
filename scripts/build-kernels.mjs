/**
 * Compiles core/backend/wasm/assembly to WebAssembly and writes it, as base64, to core/backend/wasm/module.ts.
 * Does nothing when that file was made from the same sources.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = join(root, "core/backend/wasm/assembly");
const output = join(root, "core/backend/wasm/module.ts");
/** core/heap.ts hands out addresses from here on; what lies below is the module's own data. */
const FIRST_HEAP_ADDRESS = 131072;

const OPTIONS = [
  "--optimizeLevel=3",
  "--shrinkLevel=0",
  "--converge",
  "--noAssert",
  "--runtime=stub",
  "--enable=simd,threads",
  "--importMemory",
  "--sharedMemory",
  "--initialMemory=2",
  "--maximumMemory=65536",
];

const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.assemblyscript;
const files = readdirSync(sources)
  .filter((name) => name.endsWith(".ts"))
  .sort();
const hash = createHash("sha256").update(version).update(OPTIONS.join(" "));
for (const name of files) hash.update(name).update(readFileSync(join(sources, name)));
const firstLine = `// Made by scripts/build-kernels.mjs from sources ${hash.digest("hex")}`;

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
let binary;
const { error, stderr } = await asc.main(["index.ts", "--outFile=kernels.wasm", ...OPTIONS], {
  readFile: (name) => (existsSync(join(sources, name)) ? readFileSync(join(sources, name), "utf8") : null),
  writeFile: (_, contents) => {
    binary = contents;
  },
  listFiles: () => [],
});
if (error !== null || binary === undefined) {
  console.error(stderr.toString());
  console.error("build-kernels: the kernels do not compile");
  process.exit(1);
}

const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
if (exports.staticEnd() > FIRST_HEAP_ADDRESS) {
  console.error(`build-kernels: static data ends at ${exports.staticEnd()}; expected at most ${FIRST_HEAP_ADDRESS}`);
  process.exit(1);
}

const text = Buffer.from(binary).toString("base64");
writeFileSync(output, `${firstLine}\n/** The compiled kernels. */\nexport const WASM_BASE64 =\n  "${text}";\n`);
console.log(`build-kernels: ${binary.length} bytes of WebAssembly`);
