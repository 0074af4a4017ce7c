import { z } from 'zod';

/** Who may read the metrics, and where. */
export const metrics = z.union(
  [
    z.boolean(),
    z
      .strictObject({
        listen: z
          .strictObject({
            host: z.string().min(1).default('127.0.0.1').describe('the address it listens on'),
            port: z.int().min(0).max(65_535).default(9464).describe('its port; 0 picks a free one'),
          })
          .nullable()
          .default(null)
          .describe('a listener of its own, and nothing on the public one'),
        token: z.string().min(1).nullable().default(null).describe('the token that a scraper must send, itself'),
        tokenFile: z.string().min(1).nullable().default(null).describe('a file that holds it, relative to this file'),
        tokenEnv: z.string().min(1).nullable().default(null).describe('the environment variable that holds it'),
      })
      .refine(
        ({ token, tokenFile, tokenEnv }) => [token, tokenFile, tokenEnv].filter(each => each !== null).length < 2,
        { message: 'give the token in one way: token, tokenFile or tokenEnv' },
      ),
  ],
  { error: 'write true, false, or {listen: {host, port}} or {tokenFile: …}' },
);
