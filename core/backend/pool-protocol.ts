/*
 * What the threads of the pool agree on: the words that they share, by their places, what a claim says, and how they wait.
 *
 * Words that are written at different times lie in different lines of the cache, of 16 words: idle workers look at the sequence all
 * the time, and each line that one of them holds must be fetched from its processor to be written.
 */

/** The number of the job, twice: odd while it is being written. */
export const SEQUENCE = 0;
/** Of the job: its parts, its function (module * 256 + index), and the pages of the heap. */
export const PARTS = 16;
export const FUNCTION = 17;
export const PAGES = 18;
/** Threads that are parked and threads that have come up, as bits by their places; the length of a failure's reason. */
export const PARKED = 32;
export const READY = 33;
export const FAILED = 34;
/** How many threads load the library, and whether the process ends. */
export const LOADING = 35;
export const ENDING = 36;
/** The claim of part 0; that of the next part is a line further. */
export const CLAIMS = 48;
export const CLAIM_STEP = 16;
/** The word of the claim of a part. */
export const claimOf = (part: number): number => CLAIMS + part * CLAIM_STEP;

/** A claim is the number of a job, shifted by this much; below it stand the place of the thread, and what became of the part. */
export const JOB_SHIFT = 5;
export const FINISHED = 16;
export const BROKEN = 32;

/**
 * Square roots, one after the other, between two looks at a word that another thread will write: some 30 ns in which the core
 * has next to nothing to do, and does the work of the other processor that it may be. JavaScript has no `pause` instruction.
 */
export const PAUSE = 4;
