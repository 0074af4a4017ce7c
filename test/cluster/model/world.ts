/** The files of a sequence, in a folder of its own. */
export const FILES = ['one', 'two'] as const;
export type File = (typeof FILES)[number];

/** A request of a client. Its id is the content that it writes, and the name of the lock that it takes. */
export type Operation = { readonly id: number; readonly file: File } & (
  | { readonly kind: 'get' | 'locks' | 'lock' }
  /** `token`: that of the lock which this operation has taken. `ifVersion`: by If-Match. */
  | { readonly kind: 'put'; readonly token?: number | undefined; readonly ifVersion?: string | undefined }
  | { readonly kind: 'delete'; readonly token?: number | undefined }
  | { readonly kind: 'move'; readonly to: File; readonly token?: number | undefined }
  | { readonly kind: 'refresh' | 'unlock'; readonly token: number }
);

/** What a client is told, or would be told: any of these statuses, and what GET or PROPFIND shows. */
export interface Outcome {
  readonly statuses: readonly number[];
  /** The id of the operation that has written the content, or taken the lock; null: no lock. */
  readonly saw?: string | null;
}

/** How far an operation has come: not begun, between its two effects, or done; then its client will be told so. */
export type Phase = 'called' | 'half' | Outcome;

export interface FileState {
  /** Made by PUT, `born` by LOCK, with `>` and an id for each move; null: there is no file. */
  readonly version: string | null;
  /** The operation that has taken the lock. */
  readonly lock: number | null;
  /**
   * What servers may still take for the version, oldest first, and the operation by which it is not: they need not have
   * been told of a change before its client is.
   */
  readonly old: readonly { readonly version: string | null; readonly by: number }[];
}

/** What may be true: the files, and the operations that have no answer yet. */
export interface World {
  readonly files: Readonly<Record<File, FileState>>;
  readonly open: Readonly<Record<number, Phase>>;
}

const NOTHING: FileState = { version: null, lock: null, old: [] };
export const EMPTY: World = { files: { one: NOTHING, two: NOTHING }, open: {} };

/** The client of an operation knows that it is done: so does every server. */
export function acknowledge(world: World, id: number): World {
  const known = (state: FileState): FileState => ({
    ...state,
    old: state.old.slice(state.old.findLastIndex(({ by }) => by === id) + 1),
  });
  return { ...world, files: { one: known(world.files.one), two: known(world.files.two) } };
}

/** What GET shows of a version: the id of the operation that has written it, or that it is empty. */
export function contentOf(version: string): string {
  return version.startsWith('born') ? '' : version.split('>')[0]!;
}

/** The worlds into which the next effect of an open operation leads. */
export function advance(world: World, operation: Operation): World[] {
  const phase = world.open[operation.id];
  if (phase === 'called' || phase === 'half') {
    return STEPS[operation.kind](world, operation as never);
  }
  return operation.kind === 'lock' && phase !== undefined ? takenBackLate(world, operation, phase) : [];
}

/**
 * A LOCK that fails late, and so is taken back, leaves the empty file that it has made. Others may have seen both; what
 * is left has no status that its client could be told.
 */
function takenBackLate(world: World, { id, file }: Operation, { statuses }: Outcome): World[] {
  const hasMade = statuses.includes(201) && world.files[file].lock === id;
  return hasMade ? [change(done(world, id, []), file, { lock: null })] : [];
}

/** Which of the two it is follows from a look before; of two who write a new file, both may be told that it is new. */
const WRITTEN = [201, 204];

type Steps = { [K in Operation['kind']]: (world: World, operation: Operation & { readonly kind: K }) => World[] };

const STEPS: Steps = {
  get: (world, { id, file }) =>
    viewsOf(world.files[file]).map(version =>
      version === null ? done(world, id, [404]) : done(world, id, [200], contentOf(version)),
    ),
  // It looks at the file first.
  locks: (world, { id, file }) => {
    const { lock } = world.files[file];
    if (world.open[id] === 'half') {
      return [done(world, id, [207], lock === null ? null : String(lock))];
    }
    return viewsOf(world.files[file]).map(version => (version === null ? done(world, id, [404]) : half(world, id)));
  },
  put: (world, { id, file, token, ifVersion }) => {
    const state = world.files[file];
    const refusals = refusalsBy(state, token);
    const isStale = viewsOf(state).some(version => isOther(version, ifVersion) || isMoved(version, ifVersion));
    const refused = [...refusals, ...(isStale ? [412] : [])];
    const written = write(done(world, id, WRITTEN), { file, version: String(id), by: id });
    return [
      ...(refused.length > 0 ? [done(world, id, refused)] : []),
      ...(refusals.length > 0 || isOther(state.version, ifVersion) ? [] : [written]),
    ];
  },
  delete: (world, { id, file, token }) => {
    if (world.open[id] === 'half') {
      return [change(done(world, id, [204]), file, endedBy(world.files[file], token))];
    }
    const state = world.files[file];
    const refusals = refusalsBy(state, token);
    const refused = [...refusals, ...(viewsOf(state).includes(null) ? [404] : [])];
    const next = token === undefined ? done(world, id, [204]) : half(world, id);
    return [
      ...(refused.length > 0 ? [done(world, id, refused)] : []),
      ...(refusals.length > 0 || state.version === null ? [] : [write(next, { file, version: null, by: id })]),
    ];
  },
  move: (world, { id, file, to, token }) => {
    if (world.open[id] === 'half') {
      return [change(done(world, id, WRITTEN), file, endedBy(world.files[file], token))];
    }
    const [source, target] = [world.files[file], world.files[to]];
    const refusals = [...refusalsBy(source, token), ...(target.lock === null ? [] : [423])];
    const refused = [...refusals, ...(viewsOf(source).includes(null) ? [404] : [])];
    const next = token === undefined ? done(world, id, WRITTEN) : half(world, id);
    const arrived = write(next, { file: to, version: `${source.version}>${id}`, by: id });
    return [
      ...(refused.length > 0 ? [done(world, id, refused)] : []),
      ...(refusals.length > 0 || source.version === null ? [] : [write(arrived, { file, version: null, by: id })]),
    ];
  },
  lock: (world, { id, file }) => {
    const { version, lock } = world.files[file];
    if (world.open[id] === 'called') {
      return [lock === null ? change(half(world, id), file, { lock: id }) : done(world, id, [423])];
    }
    // As long as its client has not heard of it, it may be taken back, and taken anew.
    const takenBack = change({ ...world, open: { ...world.open, [id]: 'called' } }, file, { lock: null });
    const given = viewsOf(world.files[file]).some(one => one !== null) ? [done(world, id, [200])] : [];
    const born = write(done(world, id, [201]), { file, version: `born${id}`, by: id });
    return [takenBack, ...given, ...(version === null ? [born] : [])];
  },
  refresh: (world, { id, file, token }) => [done(world, id, [world.files[file].lock === token ? 200 : 412])],
  unlock: (world, { id, file, token }) =>
    world.files[file].lock === token
      ? [change(done(world, id, [204]), file, { lock: null })]
      : [done(world, id, [409])],
};

/** Why a change is refused: another's lock, or a token that is of no lock here (RFC 4918 §7, §10.4). */
function refusalsBy({ lock }: FileState, token: number | undefined): number[] {
  return [...(lock !== null && lock !== token ? [423] : []), ...(token !== undefined && token !== lock ? [412] : [])];
}

/** The lock of an item that is gone (RFC 4918 §7.6, §9.6). */
function endedBy({ lock }: FileState, token: number | undefined): Pick<FileState, 'lock'> {
  return { lock: lock === token ? null : lock };
}

/** What servers may take for the version. */
function viewsOf({ version, old }: FileState): (string | null)[] {
  return [...new Set([version, ...old.map(one => one.version)])];
}

/** A tag may change with a name. */
function isMoved(version: string | null, wanted: string | undefined): boolean {
  return wanted !== undefined && version !== null && version !== wanted && contentOf(version) === wanted;
}

function isOther(version: string | null, wanted: string | undefined): boolean {
  return wanted !== undefined && version !== wanted && !isMoved(version, wanted);
}

function write(world: World, { file, version, by }: { file: File; version: string | null; by: number }): World {
  const state = world.files[file];
  return change(world, file, { version, old: [...state.old, { version: state.version, by }] });
}

function half(world: World, id: number): World {
  return { ...world, open: { ...world.open, [id]: 'half' } };
}

function done(world: World, id: number, statuses: readonly number[], saw?: string | null): World {
  return { ...world, open: { ...world.open, [id]: saw === undefined ? { statuses } : { statuses, saw } } };
}

function change(world: World, file: File, made: Partial<FileState>): World {
  return { ...world, files: { ...world.files, [file]: { ...world.files[file], ...made } } };
}
