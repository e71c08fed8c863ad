import { checkLayers } from "./checks.js";
import { cases } from "./losses.js";

checkLayers("losses", cases);
