import { checkLayers } from "./checks.js";
import { cases } from "./embedding.js";

checkLayers("embedding", cases);
