import type { Job } from './transport.ts';

/** Where a browser keeps which uploads it has begun. */
const STORE = 'webdav-uploads';

interface Unfinished {
  readonly id: string;
  /** ISO 8601. */
  readonly expires: string;
}

/**
 * The uploads that this browser has begun and not ended, so that the same file goes on after a reload. An id is of no
 * use to anybody but its user, and the URL that takes the bytes is not kept.
 */
export const unfinished = {
  idOf(job: Job): string | undefined {
    return read()[keyOf(job)]?.id;
  },

  keep(job: Job, upload: Unfinished): void {
    write({ ...read(), [keyOf(job)]: { id: upload.id, expires: upload.expires } });
  },

  forget(job: Job): void {
    const { [keyOf(job)]: _, ...others } = read();
    write(others);
  },

  get count(): number {
    return Object.keys(read()).length;
  },
};

/** The same file for the same place: a browser does not tell where on the disk it is. */
function keyOf({ file, href, condition }: Job): string {
  return JSON.stringify([href, file.size, file.lastModified, condition]);
}

/** Those that have not expired. */
function read(): Record<string, Unfinished> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(STORE) ?? '{}');
    const all = Object.entries(typeof value === 'object' && value !== null ? value : {});
    return Object.fromEntries(all.filter(([, upload]) => isUnfinished(upload)));
  } catch {
    // The browser keeps nothing, or somebody else has written there.
    return {};
  }
}

function isUnfinished(value: unknown): value is Unfinished {
  const { id, expires } = Object(value) as Partial<Record<keyof Unfinished, unknown>>;
  return typeof id === 'string' && typeof expires === 'string' && Date.parse(expires) > Date.now();
}

function write(value: Record<string, Unfinished>): void {
  try {
    localStorage.setItem(STORE, JSON.stringify(value));
  } catch {
    // An upload then does not outlive the page.
  }
}
