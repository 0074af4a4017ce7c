/** sysexits(3): EX_USAGE would be 64; shells and people know 2. */
export const EXIT_USAGE = 2;
/** No server runs with this configuration; of init scripts, LSB's "program is not running". */
export const EXIT_NO_SERVER = 3;
/** sysexits(3): EX_CONFIG. */
export const EXIT_CONFIG = 78;

/** For the manual. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'Done.',
  1: 'Failed; the message says why.',
  [EXIT_USAGE]: 'The command line is wrong.',
  [EXIT_NO_SERVER]: 'No server runs with this configuration (status, reload, log-level).',
  [EXIT_CONFIG]: 'The configuration is wrong; each problem is a line.',
};
