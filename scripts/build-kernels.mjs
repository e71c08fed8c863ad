/**
 * Compiles core/backend/wasm/assembly/modules to modules of WebAssembly and writes them, as text, to core/backend/wasm/code.
 * Does nothing when that was made from the same sources.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = join(root, "core/backend/wasm/assembly");
const output = join(root, "core/backend/wasm/code");
const stamp = join(output, "digest.ts");

/**
 * Modules, each of which is in a program that uses some of its functions. Those with a fused one have a second build of what
 * multiplies and adds most of the time, for engines with relaxed SIMD.
 */
const MODULES = [
  { name: "base", fused: true },
  { name: "normalize", fused: true },
  { name: "windows", fused: true },
  { name: "recurrent", fused: true },
  { name: "optimizers", fused: false },
];
/** core/heap.ts hands out addresses from 131072 on; what lies below is the modules' own data, this much for each. */
const DATA_BYTES = 8192;

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
const files = readdirSync(sources, { recursive: true })
  .filter((name) => name.endsWith(".ts"))
  .sort();
const hash = createHash("sha256")
  .update(version)
  .update(readFileSync(fileURLToPath(import.meta.url)));
for (const name of files) hash.update(name).update(readFileSync(join(sources, name)));
const digest = hash.digest("hex");
const firstLine = `// Made by scripts/build-kernels.mjs from sources ${digest}\n`;

// The digest is written last.
if (existsSync(stamp) && readFileSync(stamp, "utf8").startsWith(firstLine)) process.exit(0);

// Of two functions of one name that a module exports, the compiler drops one without a word.
const owners = new Map();
for (const { name } of MODULES) {
  for (const [, file] of readFileSync(join(sources, `modules/${name}.ts`), "utf8").matchAll(
    /export \* from "\.\.\/([\w-]+)"/g,
  )) {
    for (const [, exported] of readFileSync(join(sources, `${file}.ts`), "utf8").matchAll(/^export function (\w+)/gm)) {
      const owner = owners.get(exported);
      if (owner !== undefined) {
        console.error(`build-kernels: ${exported} is exported by ${owner}.ts and by ${file}.ts`);
        process.exit(1);
      }
      owners.set(exported, file);
    }
  }
}

const { default: asc } = await import("assemblyscript/asc");

let dataBegin = 8;
let bytes = 0;

async function compile(name, features) {
  let binary;
  const options = [...OPTIONS, `--enable=${features}`, `--memoryBase=${dataBegin}`];
  const { error, stderr } = await asc.main([`modules/${name}.ts`, "--outFile=kernels.wasm", ...options], {
    readFile: (file) => (existsSync(join(sources, file)) ? readFileSync(join(sources, file), "utf8") : null),
    writeFile: (_, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) {
    console.error(stderr.toString());
    console.error(`build-kernels: ${name} does not compile`);
    process.exit(1);
  }
  const staticEnd = readStaticEnd(binary);
  const end = Math.ceil(dataBegin / DATA_BYTES) * DATA_BYTES;
  if (staticEnd > end) {
    console.error(`build-kernels: static data of ${name} ends at ${staticEnd}; expected at most ${end}`);
    process.exit(1);
  }
  dataBegin = end + 8;
  bytes += binary.length;
  console.log(`build-kernels: ${name}: ${binary.length} bytes of WebAssembly`);
  return textOf(binary);
}

function readStaticEnd(binary) {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  return new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory }, Math }).exports.staticEnd();
}

/**
 * Bytes as characters of ASCII that need no escape, one character for the commonest half of them: a web server's compression
 * then finds in it what it would find in the bytes, where base64 hides most of that. See core/backend/wasm/bytes.ts.
 */
function textOf(binary) {
  const character = (i) => String.fromCharCode(i + 32 + (i >= 2) + (i >= 59));
  return Array.from(binary, (byte) => {
    const i = (byte + 3) & 255;
    if (i < 91) return character(i);
    return i < 184 ? character(91) + character(i - 91) : character(92) + character(i - 184);
  }).join("");
}

// Node 20 has relaxed SIMD behind a flag; see core/backend/wasm/kernel-module.ts.
if (process.versions.v8.startsWith("11.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

mkdirSync(output, { recursive: true });
for (const { name, fused } of MODULES) {
  let text = `${firstLine}export const ${name.toUpperCase()}: string =\n  "${await compile(name, "simd,threads")}";\n`;
  if (fused) {
    const code = await compile(`${name}-fused`, "simd,threads,relaxed-simd");
    text += `export const ${name.toUpperCase()}_FUSED: string =\n  "${code}";\n`;
  }
  writeFileSync(join(output, `${name}.ts`), text);
}
writeFileSync(
  stamp,
  `${firstLine}/** Tells these kernels from others. */\nexport const KERNELS = "${digest.slice(0, 16)}";\n` +
    `/** What all modules take together. */\nexport const CODE_BYTES = ${bytes};\n`,
);
