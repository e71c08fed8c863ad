import { checkLayers } from "./checks.js";
import { cases } from "./energy.js";

checkLayers("energy", cases);
