import type { MailboxRule, MountConfig } from '../discovery/mount-config.ts';
import type { DriveSource } from '../graph/drive-source.ts';
import { foldName } from '../lib/fold-name.ts';
import { isGuid } from '../lib/guid.ts';
import { decodeUrlPath, UrlPathError } from '../lib/url-path.ts';
import { completeLimits } from '../mounts/limits.ts';
import type { Problem } from './config-error.ts';
import { type GivenMount, objectionToMountName } from './mount-schema.ts';
import type { ParsedConfig } from './schema.ts';

/** The name of the only tenant, when the configuration gives none. */
export const ONLY_TENANT = 'default';

export interface CompleteMounts {
  readonly mounts: readonly MountConfig[];
  readonly mailboxRules: readonly MailboxRule[];
}

interface Context {
  readonly problems: Problem[];
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** Completes the mounts with their defaults, and reports conflicts between them. */
export function completeMounts(config: ParsedConfig, context: Context): CompleteMounts {
  const mounts: MountConfig[] = [];
  const mailboxRules: MailboxRule[] = [];
  for (const [position, given] of config.mounts.entries()) {
    const complain = (key: string, message: string) =>
      context.problems.push({
        line: context.lineOf(['mounts', position, key]),
        key: `mounts.${position}.${key}`,
        message,
      });
    const settings = {
      tenant: chooseTenant(given, config, complain),
      root: readRoot(given.root, message => complain('root', message)),
      readOnly: given.readOnly,
      shortcuts: given.shortcuts,
      download: given.download ?? config.downloads.policy,
      limits: completeLimits(given.limits, config.limits.perMount),
      position,
    };
    if (given.mailboxes !== null) {
      const { match, exclude, group } = given.mailboxes;
      mailboxRules.push({ ...settings, match: [match].flat(), exclude: [exclude].flat(), group: group ?? undefined });
    } else {
      const source = sourceOf(given);
      mounts.push({ ...settings, source, name: chooseName(given.name, source, complain) });
    }
  }
  complainOfTwins(mounts, config, context);
  return { mounts, mailboxRules };
}

export type Complain = (key: string, message: string) => void;

/** Reads each kind of source from its key; undefined without the key. A kind without an entry does not compile. */
const READ_SOURCE = {
  mailbox: ({ mailbox }) => (mailbox === null ? undefined : { kind: 'mailbox', mailbox }),
  drive: ({ drive }) => (drive === null ? undefined : { kind: 'drive', driveId: drive }),
  site: ({ site, library }) => (site === null ? undefined : { kind: 'site', site, library: library ?? undefined }),
} satisfies Record<DriveSource['kind'], (given: GivenMount) => DriveSource | undefined>;

/** Returns the source; the schema guarantees exactly one. */
function sourceOf(given: GivenMount): DriveSource {
  const [source] = Object.values(READ_SOURCE).flatMap(read => read(given) ?? []);
  if (source === undefined) {
    throw new Error('a mount without a source has passed the schema');
  }
  return source;
}

/** Chooses the part before the @, or the last part of the site's path with the library; must be a folder name. */
function chooseName(given: string | null, source: DriveSource, complain: Complain): string {
  if (given !== null) {
    return given;
  }
  if (source.kind === 'mailbox' && isGuid(source.mailbox)) {
    complain('mailbox', 'a mailbox given by its object id needs a name');
    return source.mailbox;
  }
  const chosen = defaultNameOf(source);
  const objection = objectionToMountName(chosen);
  if (objection !== undefined) {
    complain(source.kind, `give the mount a name; "${chosen}" is not possible: ${objection}`);
  }
  return chosen;
}

function defaultNameOf(source: DriveSource): string {
  switch (source.kind) {
    case 'mailbox':
      return source.mailbox.split('@', 1)[0]!;
    case 'drive':
      // The schema requires a name for it.
      return source.driveId;
    case 'site': {
      const own = source.site.split('/').at(-1)!;
      return source.library === undefined ? own : `${own} - ${source.library}`;
    }
  }
}

/** Returns the tenant of an entry: the named one, or the only one. */
export function chooseTenant(
  given: { readonly tenant: string | null },
  { tenants }: ParsedConfig,
  complain: Complain,
): string {
  const names = tenants === null ? [ONLY_TENANT] : Object.keys(tenants);
  const { tenant } = given;
  if (tenant === null && names.length > 1) {
    complain('tenant', `name one of the tenants: ${names.join(', ')}`);
  } else if (tenant !== null && !names.includes(tenant)) {
    const known = tenants === null ? 'there is only one, without a name' : `there are: ${names.join(', ')}`;
    complain('tenant', `there is no tenant "${tenant}"; ${known}`);
  }
  return tenant ?? names[0]!;
}

function readRoot(root: string, complain: (message: string) => void): string[] {
  try {
    return decodeUrlPath(root.split('/').map(encodeURIComponent).join('/')).names;
  } catch (error) {
    if (error instanceof UrlPathError) {
      complain(`write the folder as "/Folder/Sub folder": ${error.message}`);
      return [];
    }
    throw error;
  }
}

function complainOfTwins(mounts: readonly MountConfig[], config: ParsedConfig, { problems, lineOf }: Context): void {
  const seen = new Map<string, number>();
  for (const { name, position, source } of mounts) {
    const first = seen.get(foldName(name));
    if (first !== undefined) {
      const key = config.mounts[position]!.name === null ? source.kind : 'name';
      problems.push({
        line: lineOf(['mounts', position, key]),
        key: `mounts.${position}.${key}`,
        message: `mounts.${first} has the name "${name}" too (line ${lineOf(['mounts', first])}); names must differ by more than case`,
      });
    }
    seen.set(foldName(name), first ?? position);
  }
}
