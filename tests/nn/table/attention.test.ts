import { cases } from "./attention.js";
import { checkLayers } from "./checks.js";

checkLayers("attention", cases);
