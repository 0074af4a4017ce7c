import { isDiskFull } from '../../lib/disk-full.ts';

/** SQLite's primary result codes; extended ones hold them in their low byte. */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Returns true when the state file is not as SQLite wrote it. */
export function isDamaged(error: unknown): boolean {
  const { errcode = 0 } = (error ?? {}) as { errcode?: number };
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(errcode & 0xff);
}

/** Explains why a state cannot be opened, with the remedy. */
export function explainStateError(cause: unknown, dataDir: string): Error {
  return new Error(`cannot open the state in "${dataDir}": ${cureOf(cause)}`, { cause });
}

function cureOf(cause: unknown): string {
  if (isDamaged(cause)) {
    return 'its file is damaged; "onedrive-webdav state check" shows how, "state repair" saves the readable parts and sets the file aside';
  }
  if (isDiskFull(cause)) {
    return 'the disk is full; make room';
  }
  return 'make the folder of dataDir writable for this process';
}
