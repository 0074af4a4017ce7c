import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../lib/clock.ts';

const LIFE_MS = 60_000;
/** Of all users; each has a list of names of up to 256 KiB, of which a browser needs one for a second. */
const MAX_TICKETS = 200;
/** 128 bits: a ticket cannot be guessed. */
const TICKET_BYTES = 16;

/** A selection of the members of a folder that is too long for a URL. */
export interface Selection {
  readonly user: string;
  /** The folder as `pathKey` writes it. */
  readonly folder: string;
  readonly names: readonly string[];
}

/** Selections that are about to be downloaded. Process-wide and not shared. They hold no rights, only names. */
export class ZipTickets {
  readonly #clock: Clock;
  readonly #kept = new LRUCache<string, Selection & { readonly until: number }>({ max: MAX_TICKETS });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(selection: Selection): string {
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    this.#kept.set(ticket, { ...selection, until: this.#clock.now() + LIFE_MS });
    return ticket;
  }

  /** Returns the names; undefined for a ticket that is too old, or of another user or folder. */
  namesOf(ticket: string, { user, folder }: Omit<Selection, 'names'>): readonly string[] | undefined {
    const kept = this.#kept.get(ticket);
    const isTheirs = kept?.user === user && kept.folder === folder && kept.until > this.#clock.now();
    return isTheirs ? kept?.names : undefined;
  }
}
