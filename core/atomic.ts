import { fileModules } from "./platform.js";

/** What is at the end of the name of a file that is still being written. */
export const UNFINISHED = ".unfinished";

/**
 * Writes a file so that at any moment, also when the program or the machine ends, `path` is either what it was before or whole:
 * another file is written, brought to the disk, and then takes the name.
 * @throws the errors of `node:fs`; then the file is as it was.
 */
export function writeAtomically(operation: string, path: string, portions: readonly (() => Uint8Array)[]): void {
  const { fs, path: paths } = fileModules(operation);
  const folder = paths.dirname(path);
  fs.mkdirSync(folder, { recursive: true });
  const unfinished = `${path}${UNFINISHED}`;
  try {
    const file = fs.openSync(unfinished, "w");
    try {
      for (const portion of portions) {
        const bytes = portion();
        for (let done = 0; done < bytes.length; ) {
          done += fs.writeSync(file, bytes, done, Math.min(2 ** 30, bytes.length - done));
        }
      }
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(unfinished, path);
  } catch (error) {
    fs.rmSync(unfinished, { force: true });
    throw error;
  }
  bringToDisk(folder);
}

/** Brings the names in a folder to the disk, where the system can. */
function bringToDisk(folder: string): void {
  const { fs } = fileModules("bringToDisk");
  try {
    const handle = fs.openSync(folder, "r");
    try {
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
  } catch {
    // Windows opens no folders; its renames are in the journal of the file system.
  }
}
