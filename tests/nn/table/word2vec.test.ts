import { checkLayers } from "./checks.js";
import { cases } from "./word2vec.js";

checkLayers("word2vec", cases);
