import type { PlanCoding } from '../sealing.ts';
import type { CopySource, CopyTarget, Row } from './sides.ts';

/** Rows that are read and written at once. */
const BATCH = 500;

/** The column of a table that may be encrypted, on each side in its own way. */
const SEALED: Readonly<Record<string, string>> = { upload_sessions: 'plan', sessions: 'form_secret' };

/** What was copied. */
export interface CopyResult {
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Encrypted rows that the key of the source does not open; they are left out. */
  readonly unreadable: number;
}

export interface CopyOptions {
  readonly source: CopySource;
  readonly target: CopyTarget;
  /** True: what the target has is deleted; otherwise a target with rows is refused. */
  readonly replace: boolean;
  readonly onProgress: (table: string, rows: number) => void;
}

/**
 * Copies a state to another engine: all of it, or nothing when it rejects. What only servers that run know of each other
 * is not copied.
 */
export async function copyState({ source, target, replace, onProgress }: CopyOptions): Promise<CopyResult> {
  const tables = (await source.tables()).filter(table => target.hasTable(table));
  if (!replace && !(await target.isEmpty(tables))) {
    throw new Error('there is a state at the target already: copy over it with --replace');
  }
  await target.clear(tables);
  const counts: Record<string, number> = {};
  let unreadable = 0;
  for (const table of tables) {
    counts[table] = 0;
    for await (const rows of source.read(table, target.columns(table), BATCH)) {
      const column = SEALED[table];
      const codings = { from: source.codingOf(table), to: target.codingOf(table) };
      const sealed = column === undefined ? rows : reseal(rows, column, codings);
      unreadable += rows.length - sealed.length;
      if (sealed.length > 0) {
        await target.write(table, sealed);
      }
      counts[table] += sealed.length;
      onProgress(table, counts[table]);
    }
  }
  await target.commit();
  return { rows: counts, unreadable };
}

function reseal(
  rows: readonly Row[],
  column: string,
  { from, to }: { readonly from: PlanCoding; readonly to: PlanCoding },
): Row[] {
  return rows.flatMap(row => {
    const text = from.decode(String(row[column]));
    return text === undefined ? [] : [{ ...row, [column]: to.encode(text) }];
  });
}
