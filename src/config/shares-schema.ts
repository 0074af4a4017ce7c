import { z } from 'zod';
import { SHARE_KINDS } from '../state/share-kind.ts';

const names = z.union([z.literal('*'), z.array(z.string().min(1)).min(1)]);

/** Who may share what, and for how long. */
export const shares = z.strictObject({
  kinds: z
    .array(z.enum(SHARE_KINDS))
    .min(1)
    .refine(kinds => new Set(kinds).size === kinds.length, { message: 'name each kind once' })
    .default([...SHARE_KINDS])
    .describe('read: others may read; upload: others may send new files and see nothing ("file request")'),
  users: names
    .default('*')
    .describe('who may share: "*", or names of users and addresses of people; globs are allowed'),
  mounts: names
    .default('*')
    .describe('what may be shared: "*", or names and globs of mounts; own is the OneDrive of the person who shares'),
  maxDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(30)
    .describe('the longest life of a share, and its life where none is asked'),
  requirePassword: z.boolean().default(false).describe('whether each share must have a password'),
  maxDownloads: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe('the most downloads from one share, which may set fewer; null: as many as it likes'),
  maxPerUser: z.int().min(1).max(10_000).default(100).describe('the most open shares of one user'),
});
