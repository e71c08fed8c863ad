import { checkLayers } from "./checks.js";
import { cases } from "./normalization.js";

checkLayers("normalization", cases);
