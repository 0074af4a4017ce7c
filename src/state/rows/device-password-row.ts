import type { DevicePassword, DevicePasswordUse } from '../device-password-store.ts';

/** A device password as it is in the table of every engine. */
export interface DevicePasswordRow {
  readonly digest: string;
  readonly id: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly principal: string;
  readonly name: string;
  readonly created: number;
  readonly expires: number | null;
  readonly is_read_only: number;
  readonly below: string | null;
  readonly used_at: number | null;
  readonly used_address: string | null;
  readonly used_client: string | null;
}

export const DEVICE_PASSWORD_COLUMNS = `digest, id, tenant_id, user_id, principal, name, created, expires, is_read_only,
  below, used_at, used_address, used_client`;

/** Returns the values of `DEVICE_PASSWORD_COLUMNS`. */
export function toDevicePasswordValues({
  expires,
  readOnly,
  below,
  lastUse,
  ...password
}: DevicePassword): (string | number | null)[] {
  const { digest, id, tenantId, userId, principal, name, created } = password;
  const use = [lastUse?.at ?? null, lastUse?.address ?? null, lastUse?.client ?? null];
  const limits = [expires ?? null, readOnly ? 1 : 0, below === undefined ? null : JSON.stringify(below)];
  return [digest, id, tenantId, userId, principal, name, created, ...limits, ...use];
}

export function toDevicePassword(row: DevicePasswordRow): DevicePassword {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    userId: row.user_id,
    principal: row.principal,
    name: row.name,
    digest: row.digest,
    created: row.created,
    expires: row.expires ?? undefined,
    readOnly: row.is_read_only === 1,
    below: row.below === null ? undefined : (JSON.parse(row.below) as string[]),
    lastUse: toUse(row),
  };
}

function toUse({ used_at, used_address, used_client }: DevicePasswordRow): DevicePasswordUse | undefined {
  return used_at === null ? undefined : { at: used_at, address: used_address ?? '', client: used_client ?? '' };
}
