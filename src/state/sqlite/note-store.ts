import { NOTE_KINDS, type Note, type NoteKind, type NoteStore, refuseLongNote } from '../note-store.ts';

/** Creates a store of notes in memory: one process has the file, and they are over soon. */
export function createMemoryNoteStore(): NoteStore {
  const shelves = new Map<NoteKind, Shelf>();
  const shelfOf = (kind: NoteKind): Shelf => {
    const shelf = shelves.get(kind) ?? new Shelf(NOTE_KINDS[kind].max);
    shelves.set(kind, shelf);
    return shelf;
  };
  return {
    put: async (note, now) => {
      refuseLongNote(note);
      shelfOf(note.kind).put(note, now);
    },
    get: async (kind, key, now) => shelfOf(kind).get(key, now)?.value,
    take: async (kind, key, now) => {
      const note = shelfOf(kind).get(key, now);
      shelfOf(kind).delete(key);
      return note?.value;
    },
    delete: async (kind, key) => shelfOf(kind).delete(key),
    list: async (kind, owner, { now, max }) =>
      shelfOf(kind)
        .ofOwner(owner, now)
        .slice(-max)
        .map(({ value }) => value),
  };
}

/** The notes of one kind. */
class Shelf {
  readonly #max: number;
  /** By key, the oldest first. */
  readonly #notes = new Map<string, Note>();
  /** The same of each owner. */
  readonly #byOwner = new Map<string, Map<string, Note>>();

  constructor(max: number) {
    this.#max = max;
  }

  put(note: Note, now: number): void {
    const { key, owner } = note;
    this.delete(key);
    this.#dropEnded(now);
    if (this.#notes.size >= this.#max) {
      this.#dropOldest();
    }
    this.#notes.set(key, note);
    const own = this.#byOwner.get(owner) ?? new Map<string, Note>();
    this.#byOwner.set(owner, own.set(key, note));
  }

  get(key: string, now: number): Note | undefined {
    const note = this.#notes.get(key);
    return note !== undefined && note.ends > now ? note : undefined;
  }

  ofOwner(owner: string, now: number): Note[] {
    return [...(this.#byOwner.get(owner)?.values() ?? [])].filter(({ ends }) => ends > now);
  }

  delete(key: string): void {
    const note = this.#notes.get(key);
    if (note === undefined) {
      return;
    }
    this.#notes.delete(key);
    const own = this.#byOwner.get(note.owner)!;
    own.delete(key);
    if (own.size === 0) {
      this.#byOwner.delete(note.owner);
    }
  }

  /** The notes of a kind live equally long, so the oldest end first. */
  #dropEnded(now: number): void {
    for (const [key, { ends }] of this.#notes) {
      if (ends > now) {
        break;
      }
      this.delete(key);
    }
  }

  /** Of the owner with the most; of the oldest one's, where several have as many. */
  #dropOldest(): void {
    const most = this.#byOwner.values().reduce((sum, own) => Math.max(sum, own.size), 0);
    const [key] = this.#notes.entries().find(([, { owner }]) => this.#byOwner.get(owner)!.size === most)!;
    this.delete(key);
  }
}
