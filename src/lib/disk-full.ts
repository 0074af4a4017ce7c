/**
 * SQLite's result codes for a full disk: SQLITE_FULL, and SQLITE_IOERR_SHMSIZE when the file beside a log cannot be
 * created.
 */
const SQLITE_CODES = [13, 4874];
const SYSTEM_CODES = ['ENOSPC', 'EDQUOT'];

/** Returns true when a write failed because the disk or the quota is full. */
export function isDiskFull(error: unknown): boolean {
  const { errcode, code } = (error ?? {}) as { errcode?: number; code?: string };
  return SQLITE_CODES.includes(errcode ?? 0) || SYSTEM_CODES.includes(code ?? '');
}
