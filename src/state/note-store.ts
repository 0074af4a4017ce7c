interface NoteRules {
  /** How many notes of the kind there are at most, of all owners together. */
  readonly max: number;
  /** The longest value, in bytes of UTF-8. */
  readonly maxBytes: number;
}

/** Every kind of notes; a kind without a line does not compile. */
export const NOTE_KINDS = {
  /** A sign-in whose browser is at the provider, by its state; of an address. */
  'sign-in': { max: 10_000, maxBytes: 16 * 1024 },
  /** A browser that has begun a sign-in lately, by the digest of its cookie; of an address. */
  'sign-in-browser': { max: 10_000, maxBytes: 0 },
  /** A selection that is about to be downloaded, by its ticket; of a user. */
  'zip-selection': { max: 200, maxBytes: 512 * 1024 },
  /** What a visitor of a share has put into it, by visitor and path; of a visitor. */
  'share-upload': { max: 20_000, maxBytes: 8 * 1024 },
} as const satisfies Record<string, NoteRules>;

export type NoteKind = keyof typeof NOTE_KINDS;

export interface Note {
  readonly kind: NoteKind;
  /** Names the note within its kind. */
  readonly key: string;
  /** For whom it is kept: an address, a user. */
  readonly owner: string;
  /** A text of the caller's own. */
  readonly value: string;
  /** Milliseconds since 1970; from then on the note does not exist. */
  readonly ends: number;
}

/**
 * Small things that a server must still know a little later, and that any server may be asked about. Each kind has room
 * for so many; when there are more, the owner with the most loses the oldest one, so that a flood shuts out only itself.
 * A shared engine may notice a little later that there are more. One that nobody shares may lose all at a restart. A database that is shared shows whoever reads it no value,
 * key or owner. Each call is one step. `test/contracts/note-store.ts` is the suite of its implementations.
 */
export interface NoteStore {
  /** Keeps a note, in place of an earlier one with its key. Rejects with a RangeError when its value is too long. */
  put(note: Note, now: number): Promise<void>;
  /** Returns the value. */
  get(kind: NoteKind, key: string, now: number): Promise<string | undefined>;
  /** Returns the value, and deletes the note: of several who take it, on whichever servers, one gets it. */
  take(kind: NoteKind, key: string, now: number): Promise<string | undefined>;
  delete(kind: NoteKind, key: string): Promise<void>;
  /** Returns the values of an owner's newest `max` notes of the kind, the oldest first. */
  list(kind: NoteKind, owner: string, options: { readonly now: number; readonly max: number }): Promise<string[]>;
}

/** Throws when the value is longer than its kind allows. */
export function refuseLongNote({ kind, value }: Note): void {
  const bytes = Buffer.byteLength(value);
  const { maxBytes } = NOTE_KINDS[kind];
  if (bytes > maxBytes) {
    throw new RangeError(`cannot keep a note of ${bytes} bytes: the limit for the kind "${kind}" is ${maxBytes}`);
  }
}
