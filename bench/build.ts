import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const BUILT = `${root}dist/esm/index.js`;
const SOURCES = ["core", "functions", "nn", "optim"];

/**
 * Builds dist/ when it is missing or older than the sources.
 * @throws Error when the build fails.
 */
export function ensureBuilt(): void {
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > newestSource()) return;
  console.error("Building dist/ ...");
  const { status, stdout } = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root });
  if (status !== 0) throw new Error(`npm run build failed: ${String(stdout).trim().split("\n")[0]}`);
}

function newestSource(): number {
  const files = SOURCES.flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
  );
  return Math.max(...["index.ts", ...files].map((file) => statSync(root + file).mtimeMs));
}
