import type pg from 'pg';
import type { KnownMailbox } from '../mailbox-store.ts';
import { MAILBOX_COLUMNS, type MailboxRow, toMailbox } from '../rows/mailbox-row.ts';
import type { StateLook } from '../state-look.ts';
import { type ConnectOptions, openClient } from './connect.ts';
import { wordsWithCure } from './explain.ts';
import { unfitnessOf } from './fitness.ts';
import { SCHEMA_VERSION, versionOf } from './migrations.ts';
import { keyCheckOf, otherKeyIn, SERVER_ROWS, type SeenRow } from './server-rows.ts';

interface DriveRow {
  readonly tenant_id: string;
  readonly mailbox: string;
  readonly drive_id: string;
}

interface LookOptions extends ConnectOptions {
  /** That of this server, which is compared with those of the others. */
  readonly key?: Uint8Array;
}

/** Reads a state in a database, which may belong to running servers; creates and changes nothing. Never rejects. */
export async function lookAtDatabase(options: LookOptions): Promise<StateLook> {
  let client: pg.Client | undefined;
  try {
    client = await openClient(options);
    const unfitness = await unfitnessOf(client, options);
    return unfitness === undefined
      ? await read(client, options.key)
      : lookOf({ file: '', problem: 'away', words: unfitness.words });
  } catch (error) {
    return lookOf({ file: '', problem: 'away', words: wordsWithCure(error) });
  } finally {
    await client?.end().catch(() => {});
  }
}

async function read(client: pg.Client, key: Uint8Array | undefined): Promise<StateLook> {
  const { rows: names } = await client.query<{ name: string; server: string }>(
    "SELECT current_database() AS name, current_setting('server_version') AS server",
  );
  const file = `${names[0]!.name} (PostgreSQL ${names[0]!.server})`;
  const version = await versionOf(client);
  if (version > SCHEMA_VERSION) {
    return lookOf({ file, problem: 'newer' });
  }
  // The next server that starts makes the tables, or brings them up to date.
  if (version !== SCHEMA_VERSION) {
    return lookOf({ file, problem: undefined });
  }
  const { rows: servers } = await client.query<SeenRow>(SERVER_ROWS.all);
  const otherKey = key && otherKeyIn(servers, keyCheckOf(key));
  if (otherKey !== undefined) {
    return lookOf({ file: '', problem: 'away', words: otherKey });
  }
  const { rows: drives } = await client.query<DriveRow>('SELECT tenant_id, mailbox, drive_id FROM drive_ids');
  const { rows: found } = await client.query<MailboxRow>(`SELECT ${MAILBOX_COLUMNS} FROM mailboxes ORDER BY id`);
  return lookOf({ file, problem: undefined }, { drives, found: found.map(toMailbox) });
}

function lookOf(
  health: Pick<StateLook, 'file' | 'problem' | 'words'>,
  { drives = [], found = [] }: { drives?: readonly DriveRow[]; found?: readonly KnownMailbox[] } = {},
): StateLook {
  return {
    ...health,
    driveId: ({ tenantId, mailbox }) =>
      drives.find(row => row.tenant_id === tenantId && row.mailbox === mailbox)?.drive_id,
    mailboxes: () => found,
  };
}
