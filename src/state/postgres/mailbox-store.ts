import type { KnownMailbox, MailboxStore } from '../mailbox-store.ts';
import { MAILBOX_COLUMNS, type MailboxRow, toMailbox } from '../rows/mailbox-row.ts';
import { takeTurn } from './advisory-locks.ts';
import { type Database, sql } from './database.ts';

const LIST = sql<MailboxRow>(`SELECT ${MAILBOX_COLUMNS} FROM mailboxes ORDER BY id`);
/** The ids keep the order in which they come. */
const PUT = sql(
  `INSERT INTO mailboxes (${MAILBOX_COLUMNS})
   SELECT ${MAILBOX_COLUMNS}
   FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[])
     WITH ORDINALITY AS found (${MAILBOX_COLUMNS}, position)
   ORDER BY position
   ON CONFLICT (tenant_id, user_id) DO UPDATE SET principal = excluded.principal, member_of = excluded.member_of,
     name = excluded.name, is_mounted = excluded.is_mounted`,
);
const ANSWERED = sql<{ rule: string }>('SELECT rule FROM answered_rules WHERE tenant_id = $1');
const FORGET = sql('DELETE FROM answered_rules WHERE tenant_id = $1');
const ANSWER = sql(
  'INSERT INTO answered_rules (tenant_id, rule) SELECT DISTINCT $1, rule FROM unnest($2::text[]) AS rule',
);
const OWN = sql(
  `INSERT INTO single_mailboxes (tenant_id, mailbox, user_id) SELECT $1, mailbox, user_id
   FROM unnest($2::text[], $3::text[]) AS owned (mailbox, user_id) ON CONFLICT DO NOTHING`,
);
const OWNERS = sql<{ mailbox: string; user_id: string }>(
  'SELECT mailbox, user_id FROM single_mailboxes WHERE tenant_id = $1',
);

/** Creates a mailbox store in PostgreSQL. */
export function createPostgresMailboxStore(database: Database): MailboxStore {
  return {
    list: async () => (await database.read(LIST)).map(toMailbox),
    answered: async tenantId => new Set((await database.read(ANSWERED, tenantId)).map(({ rule }) => rule)),
    owners: async tenantId =>
      new Map((await database.read(OWNERS, tenantId)).map(({ mailbox, user_id }) => [mailbox, user_id])),
    keep: ({ tenantId, mailboxes, rules, owners = new Map(), onlyIf }) =>
      database.step(async queries => {
        await takeTurn(queries, 'mailboxes');
        if (onlyIf?.((await queries.read(LIST)).map(toMailbox)) === false) {
          return false;
        }
        await queries.write(PUT, ...toColumns(mailboxes));
        if (rules !== undefined) {
          await queries.write(FORGET, tenantId);
          await queries.write(ANSWER, tenantId, rules);
        }
        await queries.write(OWN, tenantId, [...owners.keys()], [...owners.values()]);
        return true;
      }),
  };
}

/** Of one that is given twice, the last one counts. */
function toColumns(mailboxes: readonly KnownMailbox[]) {
  const byKey = new Map(mailboxes.map(mailbox => [JSON.stringify([mailbox.tenantId, mailbox.userId]), mailbox]));
  const each = [...byKey.values()];
  return [
    each.map(({ tenantId }) => tenantId),
    each.map(({ userId }) => userId),
    each.map(({ principal }) => principal),
    each.map(({ groups }) => JSON.stringify(groups)),
    each.map(({ name }) => name),
    each.map(({ isMounted }) => (isMounted ? 1 : 0)),
  ] as const;
}
