import type { BlobStore } from './blob-store.ts';
import type { DriveState } from './drive.ts';
import type { Database } from './store/database.ts';

/**
 * Compares a drive's running counts with its items, and looks for missing contents. Returns a
 * sentence for each difference; none means that the drive is consistent.
 */
export async function checkDrive(
  { db, blobs }: { db: Database; blobs: BlobStore },
  { key, counts }: DriveState,
): Promise<string[]> {
  const wrong: string[] = [];
  const compare = (what: string, kept: number, recomputed: number) => {
    if (kept !== recomputed) {
      wrong.push(`${what} is ${kept}, by its items ${recomputed}`);
    }
  };
  const sums = db.sql(SUMS).get({ drive: key }) as Record<'bytes' | 'versionBytes' | 'files' | 'last', number>;
  compare('usedBytes', counts.usedBytes, sums.bytes + sums.versionBytes);
  compare('fileCount', counts.fileCount, sums.files);
  if (counts.sequence < sums.last) {
    wrong.push(`the feed ends at ${counts.sequence}, but a change stands at ${sums.last}`);
  }
  for (const { name, childCount, children, size, bytes } of db.sql(FOLDERS).iterate({ drive: key })) {
    compare(`childCount of ${name}`, childCount as number, children as number);
    compare(`size of ${name}`, size as number, bytes as number);
  }
  for (const { name } of db.sql(ORPHANS).iterate({ drive: key })) {
    wrong.push(`${name} is in no folder`);
  }
  const names = db.sql(LARGE).all({ drive: key });
  const missing = await Promise.all(names.map(async ({ blob }) => ((await blobs.has(blob as string)) ? [] : [blob])));
  return [...wrong, ...missing.flat().map(blob => `content ${blob} is gone`)];
}

const SUMS = `SELECT
  (SELECT coalesce(sum(size), 0) FROM item WHERE drive = :drive AND blob IS NOT NULL) AS bytes,
  (SELECT coalesce(sum(version.size), 0) FROM version JOIN item ON item.key = version.item WHERE drive = :drive)
    AS versionBytes,
  (SELECT count(*) FROM item WHERE drive = :drive AND kind <> 'folder') AS files,
  max((SELECT coalesce(max(sequence), 0) FROM item WHERE drive = :drive),
    (SELECT coalesce(max(sequence), 0) FROM tombstone WHERE drive = :drive)) AS last`;

/** Folders whose counts differ from their members'. */
const FOLDERS = `SELECT folder.name, folder.childCount, folder.size, count(child.key) AS children,
    coalesce(sum(child.size), 0) AS bytes
  FROM item AS folder LEFT JOIN item AS child ON child.parent = folder.key
  WHERE folder.drive = :drive AND folder.kind IN ('folder', 'package')
  GROUP BY folder.key HAVING children <> folder.childCount OR bytes <> folder.size`;

const ORPHANS = `SELECT name FROM item WHERE drive = :drive AND parent IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM item AS folder WHERE folder.key = item.parent AND folder.drive = item.drive)`;

/** Finds contents of items and versions that are not in the database, so they must be files. */
const LARGE = `SELECT blob FROM item WHERE drive = :drive AND blob IS NOT NULL AND blob NOT IN (SELECT name FROM content)
  UNION SELECT version.blob FROM version JOIN item ON item.key = version.item
  WHERE drive = :drive AND version.blob NOT IN (SELECT name FROM content)`;
