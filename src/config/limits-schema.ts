import { z } from 'zod';
import { GIB, KIB, sizeLike } from './byte-size-schema.ts';

/** Slower, a client would take the server for dead. */
const MIN_RATE = 16 * KIB;
const rate = sizeLike('10 MiB', { min: MIN_RATE, max: 100 * GIB });

const limits = {
  transfers: z
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .optional()
    .describe('uploads and downloads through this server at once; further ones wait'),
  downloadBytesPerSecond: rate
    .nullable()
    .optional()
    .describe('bytes through this server to clients; redirected ones do not count'),
  uploadBytesPerSecond: rate.nullable().optional().describe('bytes from clients'),
};

/** What a user may take of the server. A key left out is as for all others, null is no limit. */
export const userLimits = z
  .strictObject({
    ...limits,
    requestsPerSecond: z
      .number()
      .min(0.1)
      .max(100_000)
      .nullable()
      .optional()
      .describe('further ones wait, and are refused with 429 after 5 s'),
  })
  .nullable()
  .default(null);

/** What a mount may take of the server. */
export const mountLimits = z
  .strictObject({
    ...limits,
    quotaBytes: sizeLike('500 GiB', { min: 0, max: Number.MAX_SAFE_INTEGER })
      .nullable()
      .optional()
      .describe('what its folder may hold; a write beyond it is refused'),
  })
  .nullable()
  .default(null);
