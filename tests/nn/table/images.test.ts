import { checkLayers } from "./checks.js";
import { cases } from "./images.js";

checkLayers("images", cases);
