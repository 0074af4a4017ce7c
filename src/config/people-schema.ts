import { z } from 'zod';
import { ACCESS, type GivenMounts } from '../mounts/rights.ts';
import { downloadPolicy } from './download-schema.ts';
import { userLimits } from './limits-schema.ts';

const globs = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const access = z.enum(ACCESS);

/** Mounts of one user: all, a list, or a group with the access to each. */
export const givenMounts: z.ZodType<GivenMounts, GivenMounts> = z.union([
  z.literal('*'),
  z.array(z.string().min(1)),
  z.record(z.string().min(1), access),
]);

/** A rule that lets people of the directory sign in. */
export const people = z.strictObject({
  match: globs.default('*'),
  exclude: z.union([z.string().min(1), z.array(z.string().min(1))]).default([]),
  group: z.guid({ message: 'write the object id of the group, as Entra shows it' }).nullable().default(null),
  appRole: z.string().min(1).nullable().default(null),
  guests: z.boolean().default(false),
  tenant: z.string().min(1).nullable().default(null),
  mounts: z
    .union([
      z.enum(['own', '*']),
      z.array(z.string().min(1)).min(1),
      z.record(z.string().min(1), access).refine(mounts => Object.keys(mounts).length > 0, {
        message: 'name at least one mount, or own',
      }),
    ])
    .default('own'),
  access: access.default('write'),
  download: downloadPolicy.nullable().default(null),
  limits: userLimits,
  shares: z.boolean().default(true),
  operator: z.boolean().default(false),
  devicePasswords: z.int().min(0).max(1_000).default(20),
});

export type GivenPeopleRule = z.infer<typeof people>;
