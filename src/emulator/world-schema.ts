import { z } from 'zod';
import { FAULTS } from './fault-catalogue.ts';
import { globMatches } from './fault-rules.ts';
import { OPERATIONS } from './router.ts';
import { PROFILES, type ThrottlingProfile } from './throttling.ts';

/** The schemas of input from outside the process: scenario files and the control API. */
const whole = z.number().int().nonnegative();
const rate = z.number().positive();
const NO_OPERATION = 'there is no operation of that name';

export const personSchema = z.strictObject({
  upn: z.string().includes('@'),
  displayName: z.string().optional(),
  userId: z.guid().optional(),
  quotaBytes: whole.optional(),
  drive: z
    .enum(['ready', 'no-mysite', 'no-mysite-url', 'file-not-found', 'no-licence', 'locked'])
    .describe('the condition of the OneDrive')
    .optional(),
  accountEnabled: z.boolean().optional(),
  mail: z.string().nullable().optional(),
  licensed: z.boolean().optional(),
});

export const personChangeSchema = z.strictObject({
  upn: z.string().includes('@').optional(),
  accountEnabled: z.boolean().optional(),
  drive: personSchema.shape.drive,
});

export const groupSchema = z.strictObject({
  displayName: z.string().min(1),
  groupId: z.guid().optional(),
  /** User principal names. */
  members: z.array(z.string()).optional(),
});

export const siteSchema = z.strictObject({
  path: z.string().startsWith('/'),
  name: z.string().min(1),
  libraries: z.array(z.string().min(1)).optional(),
  quotaBytes: whole.optional(),
});

export const consentSchema = z.enum(['ask', 'accept', 'refuse', 'not-an-administrator']);

const delaySchema = z.union([
  z.number().nonnegative(),
  z.strictObject({ base: z.number().nonnegative(), perMiB: z.number().nonnegative() }),
]);
const KINDS_OF_LATENCY = ['default', 'login', 'graph', 'content', ...OPERATIONS];
export const latencySchema = z.record(z.string(), delaySchema).superRefine((latency, context) => {
  for (const name of Object.keys(latency).filter(given => !KINDS_OF_LATENCY.includes(given))) {
    context.addIssue({ code: 'custom', path: [name], message: NO_OPERATION });
  }
});

/** Bytes a second. */
export const bandwidthSchema = z.strictObject({ up: rate.optional(), down: rate.optional() });

export const throttlingSchema = z.strictObject({
  profile: z.enum(Object.keys(PROFILES) as [ThrottlingProfile, ...ThrottlingProfile[]]).optional(),
  appMinute: whole.optional(),
  appDay: whole.optional(),
  tenantFiveMinutes: whole.optional(),
  retryAfter: z.enum(['seconds', 'fraction', 'date', 'none']).optional(),
  status: z.union([z.literal(429), z.literal(503)]).optional(),
  fragmentsCost: z.boolean().optional(),
  blockAfter: whole.optional(),
  missingDrives: whole.optional(),
});

const stopSchema = z.union([z.enum(['before', 'headers']), z.strictObject({ afterBytes: whole })]);
const wireSchema = z.strictObject({
  done: z.enum(['no', 'yes']),
  status: z.number().int().min(200).max(599).optional(),
  headers: z.record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/), z.string().nullable()).optional(),
  retryAfterDate: z.number().optional(),
  body: z.string().optional(),
  corrupt: z.literal(true).optional(),
  coding: z.enum(['gzip', 'gzip-unmarked']).optional(),
  truncateTo: z.number().min(0).max(1).optional(),
  lengthOff: z.number().int().optional(),
  reset: stopSchema.optional(),
  resetInRequest: whole.optional(),
  stall: stopSchema.optional(),
  trickle: z.strictObject({ bytes: z.number().int().positive(), everyMs: z.number().nonnegative() }).optional(),
});
const errorSchema = z.strictObject({
  status: z.number().int().min(200).max(599),
  code: z.string().optional(),
  aadsts: whole.optional(),
  error: z.string().optional(),
  html: z.string().optional(),
  message: z.string().optional(),
  retryAfter: z.string().optional(),
  innerCode: z.string().optional(),
});

export const faultRuleSchema = z.strictObject({
  fault: z.union([
    z.string().refine(name => Object.hasOwn(FAULTS, name), 'there is no fault of that name'),
    z.strictObject({ wire: wireSchema }),
    errorSchema,
  ]),
  options: z
    .strictObject({ afterBytes: whole.optional(), retryAfter: whole.optional(), everyMs: whole.optional() })
    .optional(),
  operation: z
    .string()
    .refine(glob => OPERATIONS.some(name => globMatches(glob, name)), NO_OPERATION)
    .optional(),
  method: z.string().optional(),
  host: z.enum(['login', 'graph', 'content']).optional(),
  path: z.string().optional(),
  nth: z.number().int().positive().optional(),
  from: z.number().int().positive().optional(),
  every: z.number().int().positive().optional(),
  count: whole.optional(),
  probability: z.number().min(0).max(1).optional(),
  seed: z.number().int().optional(),
});
