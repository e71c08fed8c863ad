import { cases } from "./basic.js";
import { checkLayers } from "./checks.js";

checkLayers("basic", cases);
