/** sysexits(3): EX_USAGE would be 64; shells and people know 2. */
export const EXIT_USAGE = 2;
/** sysexits(3): EX_CONFIG. */
export const EXIT_CONFIG = 78;
