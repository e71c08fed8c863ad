import { checkLayers } from "./checks.js";
import { cases } from "./wrappers.js";

checkLayers("wrappers", cases);
