import { acknowledge, advance, EMPTY, type File, type Operation, type World } from './world.ts';

/** What a client got. */
export interface Answer {
  readonly status: number;
  /** As in `Outcome`. */
  readonly saw?: string | null;
}

/** Of the server, which says nothing of what it has done: 5xx, and 408 where it has waited too long. */
export function isFailure(status: number): boolean {
  return status >= 500 || status === 408;
}

const MAX_WORLDS = 50_000;

/** So many operations without an answer have so many orders that nobody can try them all. */
export class TooManyWorlds extends Error {
  override readonly name = 'TooManyWorlds';
}

/**
 * Whether the answers of operations that overlap can be explained by some order in which their effects came one after
 * another, each between its call and its answer (linearizability, Herlihy and Wing 1990). Weaker is one thing: a server
 * may show what was there before a change that nobody has been told to be done. All worlds that the answers so far allow
 * are kept; none left means that something was lost, or done twice, or against a lock.
 */
export class History {
  readonly #operations = new Map<number, Operation>();
  /** Those whose client will never be told. */
  readonly #torn = new Set<number>();
  #worlds = new Map<string, World>([[keyOf(EMPTY), EMPTY]]);

  /** How many worlds are possible. */
  get size(): number {
    return this.#worlds.size;
  }

  called(operation: Operation): void {
    this.#operations.set(operation.id, operation);
    this.#replace([...this.#worlds.values()].map(world => withOpen(world, operation.id, 'called')));
  }

  /** False when no order explains the answer. A failed operation may have come as far as it likes, and goes no further. */
  answered(id: number, { status, saw }: Answer): boolean {
    const worlds = this.#reachable().filter(({ open }) => {
      const phase = open[id];
      if (isFailure(status)) {
        return true;
      }
      return typeof phase === 'object' && phase.statuses.includes(status) && (phase.saw ?? null) === (saw ?? null);
    });
    const known = (world: World) => (status < 300 ? acknowledge(world, id) : world);
    this.#replace(worlds.map(world => withoutOpen(known(world), id)));
    return worlds.length > 0;
  }

  /** There is no answer, and the effects may come at any time from the call on, or never. */
  tore(id: number): void {
    const operation = this.#operations.get(id)!;
    if (operation.kind === 'get' || operation.kind === 'locks') {
      this.neverSent(id);
    } else {
      this.#torn.add(id);
      this.#replace([...this.#worlds.values()].map(world => this.#forgetTold(world)));
    }
  }

  /** Nothing has reached a server. */
  neverSent(id: number): void {
    this.#replace(
      [...this.#worlds.values()].filter(({ open }) => open[id] === 'called').map(one => withoutOpen(one, id)),
    );
  }

  /** Whether a file may have this content now; null: none. */
  mayHave(file: File, content: string | null, contentOf: (version: string) => string): boolean {
    return this.#reachable().some(({ files }) => {
      const { version } = files[file];
      return (version === null ? null : contentOf(version)) === content;
    });
  }

  /** What may be true, for people. */
  describe(): string {
    return [...this.#worlds.keys()].slice(0, 5).join('\n');
  }

  /** Every world into which the effects of open operations may lead, and those that there are. */
  #reachable(): World[] {
    const found = new Map(this.#worlds);
    const queue = [...found.values()];
    for (let world = queue.pop(); world !== undefined; world = queue.pop()) {
      for (const id of Object.keys(world.open)) {
        for (const next of advance(world, this.#operations.get(Number(id))!).map(one => this.#forgetTold(one))) {
          const key = keyOf(next);
          if (!found.has(key)) {
            found.set(key, next);
            queue.push(next);
          }
        }
      }
      if (found.size > MAX_WORLDS) {
        throw new TooManyWorlds(`more than ${MAX_WORLDS}`);
      }
    }
    return [...found.values()];
  }

  /** An operation that is done and that nobody will be told of is of no interest. */
  #forgetTold(world: World): World {
    const told = Object.keys(world.open).filter(
      id => this.#torn.has(Number(id)) && typeof world.open[Number(id)] === 'object',
    );
    return told.reduce((one, id) => withoutOpen(one, Number(id)), world);
  }

  #replace(worlds: readonly World[]): void {
    this.#worlds = new Map(worlds.map(world => [keyOf(world), world]));
  }
}

function withOpen(world: World, id: number, phase: World['open'][number]): World {
  return { ...world, open: { ...world.open, [id]: phase } };
}

function withoutOpen(world: World, id: number): World {
  const { [id]: _, ...open } = world.open;
  return { ...world, open };
}

function keyOf({ files, open }: World): string {
  return JSON.stringify([files, open]);
}
