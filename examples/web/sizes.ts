import { SIDE } from "./digits.js";

/** The filters of the first convolution, and the squares that they answer with. */
export const FILTERS = 8;
export const FILTER_SIDE = 5;
export const ANSWER_SIDE = SIDE - FILTER_SIDE + 1;
