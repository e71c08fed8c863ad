import { FileError } from "../../../core/errors.js";
import type { StateDict } from "../../layer.js";
import type { Inflate } from "../deflate.js";
import { npzIn } from "../npz.js";
import { safetensorsIn } from "../safetensors.js";
import { type FileSource, readBytes, type Source, withSource } from "../source.js";

/** How a file of a state is read. */
export interface StateFileOptions {
  /** Whether a tensor is wanted at all. */
  wanted(name: string): boolean;
  convert: boolean;
  inflate: Inflate | null;
}

/**
 * The tensors in a safetensors or .npz file.
 * @throws FileError for what is neither; as `readSafetensors` and `readNpz`.
 */
export function readState(operation: string, file: FileSource, options: StateFileOptions): StateDict {
  const { wanted, convert, inflate } = options;
  const pick = (names: readonly string[]) => names.filter(wanted);
  return withSource(operation, file, (source) => {
    const start = readBytes(source, 0, Math.min(source.size, 9));
    if (begins(start, "PK")) return npzIn(source, pick, convert, inflate);
    checkReadable(source, start);
    return safetensorsIn(source, pick, convert).tensors;
  });
}

function checkReadable({ name }: Source, start: Uint8Array): void {
  // Pickles begin with their protocol.
  if (start[0] === 0x80 && start[8] !== 0x7b) {
    throw new FileError(
      `${name}: it is a pickle, which can run code and is never read; expected the state dict in safetensors ` +
        "(safetensors.torch.save_file), or in NumPy's form (np.savez of its arrays)",
    );
  }
  if (begins(start, "\x93NUMPY")) {
    throw new FileError(
      `${name}: it is a .npy file, of one array; expected the arrays of a state by name, in .npz or safetensors`,
    );
  }
}

function begins(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => bytes[i] === character.charCodeAt(0));
}
