import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { NoteStore } from '../../state/note-store.ts';

const LIFE_MS = 60_000;
/** 128 bits: a ticket cannot be guessed. */
const TICKET_BYTES = 16;

/** A selection of the members of a folder that is too long for a URL. */
export interface Selection {
  readonly user: string;
  /** The folder as `pathKey` writes it. */
  readonly folder: string;
  readonly names: readonly string[];
}

/** Selections that are about to be downloaded, from any server. They hold no rights, only names. */
export class ZipTickets {
  readonly #notes: NoteStore;
  readonly #clock: Clock;

  constructor(notes: NoteStore, clock: Clock) {
    this.#notes = notes;
    this.#clock = clock;
  }

  async issue(selection: Selection): Promise<string> {
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    const now = this.#clock.now();
    const { user: owner } = selection;
    const note = { kind: 'zip-selection', key: ticket, owner, value: JSON.stringify(selection) } as const;
    await this.#notes.put({ ...note, ends: now + LIFE_MS }, now);
    return ticket;
  }

  /** Returns the names; undefined for a ticket that is too old, or of another user or folder. */
  async namesOf(ticket: string, { user, folder }: Omit<Selection, 'names'>): Promise<readonly string[] | undefined> {
    const value = await this.#notes.get('zip-selection', ticket, this.#clock.now());
    const kept = value === undefined ? undefined : (JSON.parse(value) as Selection);
    return kept?.user === user && kept.folder === folder ? kept.names : undefined;
  }
}
