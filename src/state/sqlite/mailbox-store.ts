import type { DatabaseSync } from 'node:sqlite';
import type { KnownMailbox, MailboxStore } from '../mailbox-store.ts';
import { MAILBOX_COLUMNS, type MailboxRow, toMailbox } from '../rows/mailbox-row.ts';
import { inTransaction } from './transaction.ts';

interface OwnerRow {
  readonly mailbox: string;
  readonly user_id: string;
}

/** Returns all found mailboxes, in their original order; also for read-only use. */
export function readMailboxes(database: DatabaseSync): KnownMailbox[] {
  const sql = `SELECT ${MAILBOX_COLUMNS} FROM mailboxes ORDER BY id`;
  return (database.prepare(sql).all() as unknown as MailboxRow[]).map(toMailbox);
}

/** Creates a mailbox store in SQLite; the row ids keep the original order. */
export function createSqliteMailboxStore(database: DatabaseSync): MailboxStore {
  const put = database.prepare(
    `INSERT INTO mailboxes (${MAILBOX_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant_id, user_id) DO UPDATE SET
       principal = excluded.principal, member_of = excluded.member_of, name = excluded.name, is_mounted = excluded.is_mounted`,
  );
  const answered = database.prepare('SELECT rule FROM answered_rules WHERE tenant_id = ?');
  const forget = database.prepare('DELETE FROM answered_rules WHERE tenant_id = ?');
  const answer = database.prepare('INSERT OR IGNORE INTO answered_rules (tenant_id, rule) VALUES (?, ?)');
  const own = database.prepare('INSERT OR IGNORE INTO single_mailboxes (tenant_id, mailbox, user_id) VALUES (?, ?, ?)');
  const owners = database.prepare('SELECT mailbox, user_id FROM single_mailboxes WHERE tenant_id = ?');
  return {
    list: async () => readMailboxes(database),
    answered: async tenantId => new Set((answered.all(tenantId) as { rule: string }[]).map(({ rule }) => rule)),
    owners: async tenantId =>
      new Map((owners.all(tenantId) as unknown as OwnerRow[]).map(({ mailbox, user_id }) => [mailbox, user_id])),
    keep: async ({ tenantId, mailboxes, rules, owners: found = new Map(), onlyIf = () => true }) => {
      let isKept = false;
      inTransaction(database, () => {
        isKept = onlyIf(readMailboxes(database));
        if (!isKept) {
          return;
        }
        for (const { userId, principal, groups, name, isMounted, tenantId: from } of mailboxes) {
          put.run(from, userId, principal, JSON.stringify(groups), name, isMounted ? 1 : 0);
        }
        if (rules !== undefined) {
          forget.run(tenantId);
        }
        for (const rule of rules ?? []) {
          answer.run(tenantId, rule);
        }
        for (const [mailbox, userId] of found) {
          own.run(tenantId, mailbox, userId);
        }
      });
      return isKept;
    },
  };
}
