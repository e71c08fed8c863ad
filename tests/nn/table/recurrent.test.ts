import { checkLayers } from "./checks.js";
import { cases } from "./recurrent.js";

checkLayers("recurrent", cases);
