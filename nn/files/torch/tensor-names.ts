/** Deeper names than any model has are not looked into. */
const DEEPEST = 64;

/** The modules that the names of tensors speak of. */
export class TensorNames {
  private readonly modules = new Map<string, Set<string>>();

  constructor(readonly all: ReadonlySet<string>) {
    for (const name of all) this.add(name);
  }

  /** Whether there are tensors in a module. */
  hasModule(path: string): boolean {
    return this.modules.has(path);
  }

  /** The names of the modules directly in a module, in the order of their first tensors. */
  modulesIn(path: string): string[] {
    return [...(this.modules.get(path) ?? [])];
  }

  /** The tensors in a module, however deep. */
  tensorsIn(path: string): string[] {
    return [...this.all].filter((name) => name.startsWith(`${path}.`));
  }

  private add(name: string): void {
    const parts = name.split(".");
    if (parts.length > DEEPEST) return;
    let path = "";
    for (const part of parts.slice(0, -1)) {
      const inner = this.modules.get(path) ?? new Set();
      this.modules.set(path, inner.add(part));
      path = below(path, part);
    }
    if (!this.modules.has(path)) this.modules.set(path, new Set());
  }
}

/** The dotted name of what is called `name` in `path`. */
export function below(path: string, name: string): string {
  return path === "" ? name : name === "" ? path : `${path}.${name}`;
}
