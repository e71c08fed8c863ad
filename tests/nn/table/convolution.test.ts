import { checkLayers } from "./checks.js";
import { cases } from "./convolution.js";

checkLayers("convolution", cases);
