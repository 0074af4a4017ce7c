import type { KnownMailbox } from '../mailbox-store.ts';

/** A found mailbox as it is in the table of every engine. */
export interface MailboxRow {
  readonly tenant_id: string;
  readonly user_id: string;
  readonly principal: string;
  readonly member_of: string;
  readonly name: string;
  readonly is_mounted: number;
}

export const MAILBOX_COLUMNS = 'tenant_id, user_id, principal, member_of, name, is_mounted';

export function toMailbox({ tenant_id, user_id, principal, member_of, name, is_mounted }: MailboxRow): KnownMailbox {
  return {
    tenantId: tenant_id,
    userId: user_id,
    principal,
    groups: JSON.parse(member_of) as string[],
    name,
    isMounted: is_mounted === 1,
  };
}
