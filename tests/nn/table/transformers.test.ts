import { checkLayers } from "./checks.js";
import { cases } from "./transformers.js";

checkLayers("transformers", cases);
