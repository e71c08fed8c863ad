import { exchanges } from "./exchanges.js";
import { learning } from "./learning.js";
import type { Section } from "./report.js";
import { training } from "./training.js";

/** All that the ranks of one run check, by what it shows. */
export const sections: Record<string, Section> = { ...exchanges, ...learning, ...training };
