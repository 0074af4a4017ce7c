import type { DriveSource } from '../graph/drive-source.ts';
import type { NoDrive } from '../graph/missing-drive.ts';
import type { Probe } from '../graph/probe-drives.ts';
import type { DirectoryUser } from '../graph/users.ts';
import { formatBytes } from '../lib/byte-size.ts';
import { chooseMountName } from '../lib/mount-names.ts';
import { printable } from '../lib/printable.ts';
import { yamlScalar } from '../lib/yaml-scalar.ts';

/** One person and what is known of their drive. */
export interface MailboxRow {
  readonly user: DirectoryUser;
  readonly probe: Probe | { readonly state: 'not-looked-at' };
}

/** A mount that is already in the configuration. */
export interface ExistingMount {
  readonly source: DriveSource;
  readonly name: string;
}

const STATE_NAMES: Record<NoDrive | 'ready' | 'failed' | 'not-looked-at', string> = {
  ready: 'ready',
  'no-user': 'no such user',
  'no-licence': 'no licence',
  'never-provisioned': 'never provisioned',
  'no-site-address': 'no site address',
  'site-not-found': 'site not found',
  locked: 'locked',
  'no-consent': 'no consent',
  'no-permission': 'access denied',
  'no-site': 'no such site',
  'no-library': 'no such library',
  'no-drive': 'no such drive',
  failed: 'failed',
  'not-looked-at': 'not looked at',
};

const COLUMNS = ['user principal name', 'display name', 'account', 'drive', 'used', 'total'];
/** Columns of numbers, aligned to the right. */
const RIGHT_COLUMNS = [4, 5];
const GAP = '  ';

/** Renders a column for each fact and, below the table, the reasons why drives are missing. */
export function renderTable(rows: readonly MailboxRow[]): string {
  const cells = [COLUMNS.map(title => title.toUpperCase()), ...rows.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => cells.reduce((widest, row) => Math.max(widest, widthOf(row[column]!)), 0));
  const lines = cells.map(row =>
    row
      .map((cell, column) => pad(cell, { width: widths[column]!, toRight: RIGHT_COLUMNS.includes(column) }))
      .join(GAP)
      .trimEnd(),
  );
  const legend = new Set(rows.flatMap(({ probe }) => explain(probe)));
  return [...lines, ...(legend.size === 0 ? [] : ['', ...legend])].join('\n');
}

/** Renders one JSON array; unknown values are null. */
export function renderJson(rows: readonly MailboxRow[]): string {
  const shown = rows.map(({ user, probe }) => {
    const { used, total } = quotaOf(probe);
    return {
      id: user.id,
      userPrincipalName: user.userPrincipalName,
      displayName: user.displayName,
      mail: user.mail ?? null,
      enabled: user.isEnabled ?? null,
      drive: probe.state,
      reason: 'message' in probe ? probe.message : null,
      driveId: 'drive' in probe ? probe.drive.id : null,
      usedBytes: used ?? null,
      totalBytes: total ?? null,
    };
  });
  return JSON.stringify(shown, null, 2);
}

/**
 * Renders entries to paste below `mounts:`; users without a drive, or already mounted, are comments. The names are
 * unique as the configuration requires: ignoring case, and among the existing mounts too.
 */
export function renderMounts(
  rows: readonly MailboxRow[],
  existing: readonly ExistingMount[],
  tenant: string | undefined,
): string {
  const taken = new Set(existing.map(({ name }) => name.toLowerCase()));
  const mountedAs = new Map(
    existing.flatMap(({ source, name }) => (source.kind === 'mailbox' ? [[source.mailbox.toLowerCase(), name]] : [])),
  );
  const ofTenant = tenant === undefined ? [] : [`    tenant: ${yamlScalar(tenant)}`];
  const entries = rows.flatMap(({ user, probe }) => {
    const mailbox = yamlScalar(user.userPrincipalName);
    const mounted = mountedAs.get(user.userPrincipalName.toLowerCase()) ?? mountedAs.get(user.id.toLowerCase());
    const remarks = [
      printable(user.displayName),
      ...(user.isEnabled === false ? ['account disabled'] : []),
      ...(probe.state === 'ready' ? [] : [`drive: ${STATE_NAMES[probe.state]}`]),
      ...(mounted === undefined ? [] : [`already mounted as ${mounted}`]),
    ];
    const remark = ` # ${remarks.join(', ')}`;
    if (mounted !== undefined || !(probe.state === 'ready' || probe.state === 'not-looked-at')) {
      return [`  # - mailbox: ${mailbox}${remark}`];
    }
    const name = chooseMountName(user.userPrincipalName, candidate => taken.has(candidate.toLowerCase()));
    taken.add(name.toLowerCase());
    return [`  - mailbox: ${mailbox}${remark}`, `    name: ${yamlScalar(name)}`, ...ofTenant];
  });
  return ['  # paste below "mounts:" in the configuration', ...entries].join('\n');
}

function cellsOf({ user, probe }: MailboxRow): string[] {
  const { used, total } = quotaOf(probe);
  return [
    printable(user.userPrincipalName),
    printable(user.displayName),
    user.isEnabled === undefined ? '?' : user.isEnabled ? 'enabled' : 'disabled',
    STATE_NAMES[probe.state],
    ...[used, total].map(bytes => (bytes === undefined ? '' : formatBytes(bytes))),
  ];
}

/** A total of zero means that Graph does not know it (rclone, onedriver). */
function quotaOf(probe: MailboxRow['probe']): { used: number | undefined; total: number | undefined } {
  const { used, total } = 'drive' in probe ? probe.drive : {};
  return total ? { used, total } : { used: undefined, total: undefined };
}

function explain(probe: MailboxRow['probe']): string[] {
  return 'message' in probe ? [printable(`${STATE_NAMES[probe.state]}: ${probe.message}`)] : [];
}

const GRAPHEMES = new Intl.Segmenter();
/** Characters that take two columns of a terminal (UAX #11). */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

function widthOf(text: string): number {
  return [...GRAPHEMES.segment(text)].reduce((width, { segment }) => width + (WIDE.test(segment) ? 2 : 1), 0);
}

function pad(text: string, { width, toRight }: { width: number; toRight: boolean }): string {
  const space = ' '.repeat(width - widthOf(text));
  return toRight ? space + text : text + space;
}
