import { Function } from "./function.js";

/** A Function of the library's own, whose `backward` keeps no gradient for later: see core/release.ts. */
export abstract class FrugalFunction extends Function {
  /** @internal */
  override get frugal(): boolean {
    return true;
  }
}
