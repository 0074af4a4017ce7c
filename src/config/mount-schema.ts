import { z } from 'zod';
import type { DriveSource } from '../graph/drive-source.ts';
import { listWords } from '../lib/list-words.ts';
import { SHORTCUT_POLICIES } from '../mounts/shortcut-policy.ts';
import { downloadPolicy } from './download-schema.ts';
import { mountLimits } from './limits-schema.ts';

const optionalText = z.string().min(1).nullable().default(null);

const MAX_NAME_CHARACTERS = 100;

/**
 * Returns the objection to a mount's name, which must be a folder name for both Windows and URLs. Undefined when it is
 * valid.
 */
export function objectionToMountName(name: string): string | undefined {
  if (name === '' || name.length > MAX_NAME_CHARACTERS) {
    return `a mount name has 1 to ${MAX_NAME_CHARACTERS} characters`;
  }
  if (/["*:<>?/\\|\u0000-\u001f]|^[ .]|[ .]$/.test(name) || !name.isWellFormed()) {
    return 'a mount name is a folder name: no " * : < > ? / \\ |, no space or dot at its ends';
  }
  return name === '-' ? 'the name "-" belongs to the server\'s own pages' : undefined;
}

const mountName = z.string().superRefine((name, context) => {
  const message = objectionToMountName(name);
  if (message !== undefined) {
    context.addIssue({ code: 'custom', message });
  }
});

/**
 * A site as in a browser's address, without the scheme and the pages of a library; SharePoint allows no percent sign in
 * a site's path.
 */
const site = z
  .string()
  .regex(/^[a-z0-9.-]+\.[a-z0-9-]+(\/[^?#\u0000-\u001f]*[^?#/\u0000-\u001f])?$/i, {
    message: 'write the site as host and path, such as contoso.sharepoint.com/sites/marketing',
    abort: true,
  })
  .refine(text => !/(^|\/)\.{0,2}(\/|$)/.test(text), { message: 'write the path without empty and dot segments' })
  .refine(text => !text.includes('%'), {
    message: 'write the path without percent-encoding: a space is a space, not %20',
  });

const globs = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** The rule for mailboxes of the directory. */
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
  shortcuts: z.enum(SHORTCUT_POLICIES).default('show'),
  download: downloadPolicy.nullable().default(null),
  limits: mountLimits,
});

/** The keys that name what is mounted; a mount has exactly one. */
const SOURCES = Object.keys({
  mailbox: true,
  drive: true,
  site: true,
  mailboxes: true,
} satisfies Record<DriveSource['kind'] | 'mailboxes', true>) as (DriveSource['kind'] | 'mailboxes')[];

export const mount = keys.superRefine((given, context) => {
  const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (SOURCES.filter(key => given[key] !== null).length !== 1) {
    complain([], `name what is mounted with exactly one of ${listWords(SOURCES)}`);
    return;
  }
  if (given.library !== null && given.site === null) {
    complain(['library'], 'this key needs site');
  }
  if (given.drive !== null && given.name === null) {
    complain(['drive'], 'a drive given by its id needs a name');
  }
  if (given.mailboxes !== null && given.name !== null) {
    complain(['name'], 'leave it out: each mailbox of the rule has its own name');
  }
});

export type GivenMount = z.infer<typeof mount>;
