import { z } from 'zod';

/** Who may read the metrics, and where. */
export const metrics = z.union(
  [
    z.boolean(),
    z
      .strictObject({
        listen: z
          .strictObject({
            host: z.string().min(1).default('127.0.0.1'),
            port: z.int().min(0).max(65_535).default(9464),
          })
          .nullable()
          .default(null),
        token: z.string().min(1).nullable().default(null),
        tokenFile: z.string().min(1).nullable().default(null),
        tokenEnv: z.string().min(1).nullable().default(null),
      })
      .refine(
        ({ token, tokenFile, tokenEnv }) => [token, tokenFile, tokenEnv].filter(each => each !== null).length < 2,
        { message: 'give the token in one way: token, tokenFile or tokenEnv' },
      ),
  ],
  { error: 'write true, false, or {listen: {host, port}} or {tokenFile: …}' },
);
