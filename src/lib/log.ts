import type { Logger } from 'pino';

/** The project's logger: one JSON object a line; everything passes `redact` (lib/redact.ts) on its way out. */
export type Log = Logger;
