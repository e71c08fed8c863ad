export { UNFINISHED, writeAtomically } from "../../core/atomic.js";
