import type { Session } from '../session-store.ts';

/** A session as it is in the table of every engine. */
export interface SessionRow {
  readonly digest: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly created: number;
  readonly expires: number;
  readonly form_secret: string;
}

export const SESSION_COLUMNS = 'digest, tenant_id, user_id, created, expires, form_secret';

/** Returns the values of `SESSION_COLUMNS`. */
export function toSessionValues({
  digest,
  tenantId,
  userId,
  created,
  expires,
  formSecret,
}: Session): (string | number)[] {
  return [digest, tenantId, userId, created, expires, formSecret];
}

export function toSession({ digest, tenant_id, user_id, created, expires, form_secret }: SessionRow): Session {
  return { digest, tenantId: tenant_id, userId: user_id, created, expires, formSecret: form_secret };
}
