import { checkLayers } from "./checks.js";
import { cases } from "./models.js";

checkLayers("models", cases);
