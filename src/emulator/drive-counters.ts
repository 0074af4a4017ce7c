import type { Database } from './store/database.ts';

/** The counts of a whole drive. */
export interface Counts {
  readonly key: number;
  readonly quotaBytes: number;
  /** Bytes of current contents and old versions. */
  readonly usedBytes: number;
  /** Bytes of deleted items, as in the recycle bin. */
  readonly deletedBytes: number;
  readonly fileCount: number;
  /** Position of the last change in the feed of changes. */
  readonly sequence: number;
  /** Raised to make all links into the feed of changes invalid. */
  readonly generation: number;
}

/** The counts of one drive, kept in the database as they change. */
export class DriveCounters {
  readonly #db: Database;
  readonly #listeners: (() => void)[] = [];
  #counts: Counts;
  #isInStep = false;

  /** Those of the drive, or new ones. */
  constructor(db: Database, driveId: string, quotaBytes: number) {
    this.#db = db;
    const found = db.sql('SELECT * FROM drive WHERE id = ?').get(driveId) as unknown as Counts | undefined;
    this.#counts = found ?? this.#make(driveId, quotaBytes);
  }

  get now(): Counts {
    return this.#counts;
  }

  add(more: Partial<Omit<Counts, 'key' | 'quotaBytes'>>): void {
    const { key, quotaBytes, usedBytes, deletedBytes, fileCount, sequence, generation } = this.#counts;
    this.#write({
      ...{ key, quotaBytes },
      usedBytes: usedBytes + (more.usedBytes ?? 0),
      deletedBytes: deletedBytes + (more.deletedBytes ?? 0),
      fileCount: fileCount + (more.fileCount ?? 0),
      sequence: sequence + (more.sequence ?? 0),
      generation: generation + (more.generation ?? 0),
    });
  }

  /** Calls `listener` after each step that has moved the end of the feed of changes. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  setQuota(quotaBytes: number): void {
    this.#write({ ...this.#counts, quotaBytes });
  }

  /**
   * Runs `work` as one step, and writes the counts once at its end; a failure restores the earlier counts
   * too. A nested step is part of the outer one.
   */
  step<T>(work: () => T): T {
    if (this.#isInStep) {
      return work();
    }
    const before = this.#counts;
    this.#isInStep = true;
    try {
      const result = this.#db.transaction(() => {
        const done = work();
        this.#save();
        return done;
      });
      if (this.#counts.sequence !== before.sequence) {
        for (const listener of this.#listeners) {
          listener();
        }
      }
      return result;
    } catch (error) {
      this.#counts = before;
      throw error;
    } finally {
      this.#isInStep = false;
    }
  }

  #write(counts: Counts): void {
    this.#counts = counts;
    if (!this.#isInStep) {
      this.#save();
    }
  }

  #save(): void {
    const counts = this.#counts;
    const { key, quotaBytes, usedBytes, deletedBytes, fileCount, sequence, generation } = counts;
    this.#db
      .sql(
        `UPDATE drive SET quotaBytes = ?, usedBytes = ?, deletedBytes = ?, fileCount = ?, sequence = ?, generation = ?
         WHERE key = ?`,
      )
      .run(quotaBytes, usedBytes, deletedBytes, fileCount, sequence, generation, key);
  }

  #make(driveId: string, quotaBytes: number): Counts {
    const { lastInsertRowid } = this.#db
      .sql('INSERT INTO drive VALUES (NULL, ?, ?, 0, 0, 0, 0, 0)')
      .run(driveId, quotaBytes);
    const key = Number(lastInsertRowid);
    return { key, quotaBytes, usedBytes: 0, deletedBytes: 0, fileCount: 0, sequence: 0, generation: 0 };
  }
}
