/** A row of the table `servers`. */
export interface ServerRow {
  readonly id: string;
  readonly epoch: number;
  readonly name: string;
  readonly has_ended: boolean;
  readonly is_alive: boolean;
}

/** One connection of a server: after a new one it has forgotten everything, and need not be waited for. */
export function memberOf(id: string, epoch: number): string {
  return `${id}/${epoch}`;
}

/** The other members that are alive. */
export class Members {
  readonly #byId = new Map<string, { readonly epoch: number; readonly name: string }>();
  readonly #onGone: (member: string) => void;

  /** `onGone` is called with each member that is not waited for any more. */
  constructor(onGone: (member: string) => void) {
    this.#onGone = onGone;
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  keys(): readonly string[] {
    return [...this.#byId].map(([id, { epoch }]) => memberOf(id, epoch));
  }

  names(): readonly string[] {
    return [...this.#byId.values()].map(({ name }) => name);
  }

  /** A server has come, with its first connection or a new one. */
  come({ id, epoch, name }: Pick<ServerRow, 'id' | 'epoch' | 'name'>): void {
    const known = this.#byId.get(id);
    if (known !== undefined && known.epoch < epoch) {
      this.leave(id, known.epoch);
    }
    if (known === undefined || known.epoch < epoch) {
      this.#byId.set(id, { epoch, name });
    }
  }

  leave(id: string, epoch: number): void {
    if (this.#byId.get(id)?.epoch === epoch) {
      this.#byId.delete(id);
    }
    this.#onGone(memberOf(id, epoch));
  }

  /**
   * Takes over what the table says. A greeting may be newer than that. Returns true when a server has died: it may have
   * written something without telling it.
   */
  see(rows: readonly ServerRow[]): boolean {
    const known = new Map(rows.map(row => [row.id, row]));
    let hasDied = false;
    for (const [id, { epoch }] of this.#byId) {
      const row = known.get(id);
      if (row === undefined || (row.epoch === epoch && (row.has_ended || !row.is_alive))) {
        hasDied ||= row?.has_ended !== true;
        this.leave(id, epoch);
      }
    }
    for (const row of rows.filter(({ is_alive, has_ended }) => is_alive && !has_ended)) {
      this.come(row);
    }
    return hasDied;
  }

  clear(): void {
    this.#byId.clear();
  }
}
