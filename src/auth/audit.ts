import type { Log } from '../lib/log.ts';

/** What happened with credentials; one line in the log each, never with a secret. */
export type AuditEvent =
  | 'signed-in'
  | 'sign-in-refused'
  | 'signed-out'
  | 'password-made'
  | 'password-used-from-new-address'
  | 'password-revoked'
  | 'lock-broken'
  | 'credentials-refused';

export interface AuditRecord {
  readonly event: AuditEvent;
  /** The name of the user; of a refused one, the attempted name. */
  readonly user: string;
  readonly address: string;
  /** The reason of a refusal, the name of a device password, the person who revoked it, the client. */
  readonly detail?: Readonly<Record<string, string | undefined>>;
}

export type Audit = (record: AuditRecord) => void;

/** Creates an audit trail in the server's log: lines with `audit` set to the event. */
export function createAudit(log: Log): Audit {
  return ({ event, user, address, detail }) => log.info({ audit: event, user, address, ...detail }, `audit: ${event}`);
}
