// Installs the packages of bench/ the first time: `npm run bench` runs this before the benchmark.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
if (!existsSync(`${folder}node_modules/cli-table3`)) {
  console.error("Installing the packages of bench/ ...");
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error("The packages of bench/ could not be installed; install them by hand: npm install --prefix bench");
    process.exit(1);
  }
}
