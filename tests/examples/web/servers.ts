import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

/** The folder of the repository, from which tests are run. */
const root = process.cwd();
const vite = join(root, "node_modules/vite/bin/vite.js");

/** Something that serves the page, until it is closed. */
export interface PageServer {
  url: string;
  close(): void;
}

/** Builds the page as `npm run web:build` does, into another folder. */
export function buildPage(folder: string): void {
  execFileSync(process.execPath, [vite, "build", "examples/web", "--outDir", folder, "--logLevel", "error"], {
    cwd: root,
  });
}

/** What `npm run web` starts. */
export async function serveForDevelopment(): Promise<PageServer> {
  const server = spawn(process.execPath, [vite, "examples/web", "--no-open"], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { url: await addressOf(server), close: () => server.kill() };
}

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (text: Buffer) => {
      output += text;
      const url = /http:\/\/localhost:\d+\//.exec(output)?.[0];
      if (url !== undefined) resolve(url);
    };
    server.stdout!.on("data", read);
    server.stderr!.on("data", read);
    server.on("exit", (status) => reject(new Error(`vite ended with status ${status}: ${output}`)));
  });
}

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** A host of static files that sends no headers of its own, as GitHub Pages does. */
export async function serveFolder(folder: string): Promise<PageServer> {
  const server = createServer(({ url = "/" }, response) => {
    const path = new URL(url, "http://localhost").pathname;
    const file = path.endsWith("/") ? `${path}index.html` : path;
    try {
      const body = readFileSync(join(folder, file));
      response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
