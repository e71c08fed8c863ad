import { MissingPackageError } from "./errors.js";

/**
 * The error of `operation` for the optional package `name`, whose import failed with `cause`. The import itself stands where it is
 * needed, inside a `try`: that is how bundlers know that the package may be missing.
 */
export function missingPackage(operation: string, name: string, cause: unknown): MissingPackageError {
  const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
  return new MissingPackageError(
    `${operation}: the optional package ${name} cannot be loaded (${reason}); expected it installed: npm install ${name}`,
    { cause },
  );
}
