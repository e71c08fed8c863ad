import { checkLayers } from "./checks.js";
import { cases } from "./graph.js";

checkLayers("graph", cases);
