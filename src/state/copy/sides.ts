import type { PlanCoding } from '../sealing.ts';

export type Value = string | number | null | Uint8Array;
export type Row = Readonly<Record<string, Value>>;

/** A state that nobody else uses, as it is at one moment. */
export interface CopySource {
  /** Returns how the sealed column of a table is encrypted. */
  codingOf(table: string): PlanCoding;
  /** Returns the tables that are worth copying, by name. */
  tables(): Promise<readonly string[]>;
  /** Returns the rows of a table, at most `batch` at a time, with those of the columns that it has. */
  read(table: string, columns: readonly string[], batch: number): AsyncIterable<readonly Row[]>;
  close(): Promise<void>;
}

/** A state that nobody else uses. Nothing is changed in it before `commit`. */
export interface CopyTarget {
  /** Returns how the sealed column of a table is encrypted. */
  codingOf(table: string): PlanCoding;
  hasTable(table: string): boolean;
  columns(table: string): readonly string[];
  isEmpty(tables: readonly string[]): Promise<boolean>;
  clear(tables: readonly string[]): Promise<void>;
  /** Adds rows, at least one. */
  write(table: string, rows: readonly Row[]): Promise<void>;
  commit(): Promise<void>;
  /** Gives up what was not committed. */
  close(): Promise<void>;
}
