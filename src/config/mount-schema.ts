import { z } from 'zod';
import { downloadPolicy } from './download-schema.ts';

const optionalText = z.string().min(1).nullable().default(null);

/** Windows and URLs both know these; the mount's name is a folder's name. */
const mountName = z
  .string()
  .min(1)
  .max(100)
  .refine(name => !/["*:<>?/\\|\u0000-\u001f]|^[ .]|[ .]$/.test(name), {
    message: 'a mount name is a folder name: no " * : < > ? / \\ |, no space or dot at its ends',
  })
  .refine(name => name !== '-', { message: 'the name "-" belongs to the server\'s own pages' });

/** As a browser shows it, without the scheme and without the pages of a library. */
const site = z.string().regex(/^[a-z0-9.-]+\.[a-z0-9-]+(\/[^?#\u0000-\u001f]*[^?#/\u0000-\u001f])?$/i, {
  message: 'write the site as host and path, such as contoso.sharepoint.com/sites/marketing',
});

const globs = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** Which mailboxes of the directory are mounted. */
const mailboxes = z.strictObject({
  match: globs.default('*'),
  exclude: z.union([z.string().min(1), z.array(z.string().min(1))]).default([]),
  group: z.guid({ message: 'write the object id of the group, as Entra shows it' }).nullable().default(null),
});

const keys = z.strictObject({
  mailbox: optionalText,
  drive: optionalText,
  site: site.nullable().default(null),
  library: optionalText,
  mailboxes: mailboxes.nullable().default(null),
  tenant: optionalText,
  name: mountName.nullable().default(null),
  root: z.string().default('/'),
  readOnly: z.boolean().default(false),
  download: downloadPolicy.nullable().default(null),
});

type Given = z.infer<typeof keys>;

/** The keys of which each says what is mounted. */
const SOURCES = ['mailbox', 'drive', 'site', 'mailboxes'] as const satisfies (keyof Given)[];

export const mount = keys.superRefine((given, context) => {
  const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (SOURCES.filter(key => given[key] !== null).length !== 1) {
    complain([], 'say what is mounted by exactly one of mailbox, drive, site or mailboxes');
    return;
  }
  if (given.library !== null && given.site === null) {
    complain(['library'], 'this goes with site only');
  }
  if (given.drive !== null && given.name === null) {
    complain(['drive'], 'a drive given by its id needs a name');
  }
  if (given.mailboxes !== null && given.name !== null) {
    complain(['name'], 'leave it out: each mailbox that the rule finds has its own name');
  }
});

export type GivenMount = z.infer<typeof mount>;
