/**
 * SQLite's result codes for a disk without room: SQLITE_FULL, and SQLITE_IOERR_SHMSIZE, when the file beside a log
 * cannot be made.
 */
const SQLITE_CODES = [13, 4874];
const SYSTEM_CODES = ['ENOSPC', 'EDQUOT'];

/** True when something could not be written because the disk, or one's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  const { errcode, code } = (error ?? {}) as { errcode?: number; code?: string };
  return SQLITE_CODES.includes(errcode ?? 0) || SYSTEM_CODES.includes(code ?? '');
}
