import { type Signal, signal } from '@preact/signals';
import type { RequestError } from '../dav/errors.ts';
import type { Conflicts } from '../state/conflicts.ts';
import type { Folders } from './folders.ts';
import type { Condition } from './transport.ts';

export type Status =
  | 'waiting'
  | 'running'
  | 'retrying'
  | 'asking'
  | 'paused'
  | 'done'
  | 'failed'
  | 'skipped'
  | 'cancelled';

/** Those in which nothing more happens by itself. */
const ENDED: readonly Status[] = ['done', 'failed', 'skipped', 'cancelled'];

/** What uploads that were chosen together share. */
export interface Batch {
  /** The href of the folder that they go into. */
  readonly folder: string;
  readonly mayGoDirect: boolean;
  readonly folders: Folders;
  readonly conflicts: Conflicts;
}

/** One file that is uploaded. */
export class Upload {
  readonly id: number;
  readonly file: File;
  readonly batch: Batch;
  /** The names of the folders between the batch's own and the file. */
  readonly path: readonly string[];
  readonly status: Signal<Status> = signal('waiting');
  readonly sent: Signal<number> = signal(0);
  readonly error: Signal<RequestError | undefined> = signal(undefined);
  /** The name that it gets, which may be another one than the file's. */
  readonly name: Signal<string>;
  /** Failures in a row. */
  failures = 0;
  condition: Condition = { kind: 'absent' };
  /** The user wants it beside the file that has its name. */
  isKeptBeside = false;
  /** Names that turned out to be taken, folded. */
  readonly taken = new Set<string>();
  abort = new AbortController();

  constructor(id: number, { file, path, batch }: { file: File; path: readonly string[]; batch: Batch }) {
    this.id = id;
    this.file = file;
    this.path = path;
    this.batch = batch;
    this.name = signal(file.name);
  }

  get hasEnded(): boolean {
    return ENDED.includes(this.status.value);
  }
}
