import { checkLayers } from "./checks.js";
import { cases } from "./modules.js";

checkLayers("modules", cases);
