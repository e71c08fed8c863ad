import { cases } from "./activation.js";
import { checkLayers } from "./checks.js";

checkLayers("activation", cases);
