import { Counter, Gauge, type Registry } from 'prom-client';

/** What other parts know of themselves at this moment. */
export interface Readings {
  readonly uploads: { readonly open: number };
  readonly spool: { readonly files: number; readonly bytes: number };
  /** In bytes; `kept` is memory that waits for its next use. */
  readonly buffers: { readonly used: number; readonly kept: number; readonly limit: number };
  readonly cache: { readonly entries: number; readonly limit: number; readonly hits: number; readonly misses: number };
  /** `oldestSeconds` is the age of the last look at the feed that was not read for the longest time. */
  readonly feeds: { readonly followed: number; readonly failing: number; readonly oldestSeconds: number };
  readonly stored: {
    readonly locks: number;
    readonly deadProperties: number;
    readonly sideFileBytes: number;
    readonly devicePasswords: number;
    readonly sessions: number;
  };
  readonly people: { readonly admitted: number };
  readonly mounts: Readonly<Record<'unopened' | 'open' | 'failing', number>>;
  readonly health: readonly { readonly part: string; readonly tenant?: string | undefined; readonly ok: boolean }[];
  readonly tenants: readonly {
    readonly tenant: string;
    readonly quietSeconds: number;
    readonly active: number;
    readonly waiting: number;
  }[];
}

/** How each of them is read. */
export type Sources = { readonly [Part in keyof Readings]: () => Readings[Part] | Promise<Readings[Part]> };

type Values = number | undefined | readonly (readonly [labels: Record<string, string>, value: number])[];

interface Reading {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: string[];
  readonly isCounter?: boolean;
  readonly read: (now: Partial<Readings>) => Values;
}

const ofTenants = (pick: (tenant: Readings['tenants'][number]) => number) => (now: Partial<Readings>) =>
  now.tenants?.map(each => [{ tenant: each.tenant }, pick(each)] as const);

const READINGS: readonly Reading[] = [
  {
    name: 'onedrive_webdav_uploads_open',
    help: 'Upload sessions in use',
    read: ({ uploads }) => uploads?.open,
  },
  {
    name: 'onedrive_webdav_spool_files',
    help: 'Uploads that are kept on the disk until they are sent',
    read: ({ spool }) => spool?.files,
  },
  {
    name: 'onedrive_webdav_spool_bytes',
    help: 'Bytes of those uploads',
    read: ({ spool }) => spool?.bytes,
  },
  {
    name: 'onedrive_webdav_buffer_bytes',
    help: 'Memory for file contents under way: used, and kept for its next use',
    labelNames: ['state'],
    read: ({ buffers }) =>
      buffers && [[{ state: 'used' }, buffers.used] as const, [{ state: 'kept' }, buffers.kept] as const],
  },
  {
    name: 'onedrive_webdav_buffer_limit_bytes',
    help: 'limits.maxBufferBytes',
    read: ({ buffers }) => buffers?.limit,
  },
  {
    name: 'onedrive_webdav_cache_entries',
    help: 'Names that are remembered',
    read: ({ cache }) => cache?.entries,
  },
  { name: 'onedrive_webdav_cache_limit_entries', help: 'cache.maxEntries', read: ({ cache }) => cache?.limit },
  {
    name: 'onedrive_webdav_cache_lookups_total',
    help: 'Look-ups of a file or of a listing: hit without a call to Microsoft, or miss',
    labelNames: ['result'],
    isCounter: true,
    read: ({ cache }) =>
      cache && [[{ result: 'hit' }, cache.hits] as const, [{ result: 'miss' }, cache.misses] as const],
  },
  {
    name: 'onedrive_webdav_feeds_followed',
    help: 'Drives whose changes are followed now',
    read: ({ feeds }) => feeds?.followed,
  },
  {
    name: 'onedrive_webdav_feeds_failing',
    help: 'Those of them whose last look at the changes failed',
    read: ({ feeds }) => feeds?.failing,
  },
  {
    name: 'onedrive_webdav_feed_age_max_seconds',
    help: 'The longest time since the changes of one of them were read; up to ten minutes where a drive is little used',
    read: ({ feeds }) => feeds?.oldestSeconds,
  },
  { name: 'onedrive_webdav_locks', help: 'WebDAV locks', read: ({ stored }) => stored?.locks },
  {
    name: 'onedrive_webdav_dead_properties',
    help: 'WebDAV properties that clients have stored',
    read: ({ stored }) => stored?.deadProperties,
  },
  {
    name: 'onedrive_webdav_side_file_bytes',
    help: 'Bytes of the files that are kept here and never go to OneDrive',
    read: ({ stored }) => stored?.sideFileBytes,
  },
  {
    name: 'onedrive_webdav_device_passwords',
    help: 'Device passwords that exist',
    read: ({ stored }) => stored?.devicePasswords,
  },
  {
    name: 'onedrive_webdav_sessions',
    help: 'Browsers that are signed in on the account pages',
    read: ({ stored }) => stored?.sessions,
  },
  {
    name: 'onedrive_webdav_people_admitted',
    help: 'People of the directory whom a rule lets in',
    read: ({ people }) => people?.admitted,
  },
  {
    name: 'onedrive_webdav_mounts_by_state',
    help: 'Mounts: not used yet, open, or failing at the last try',
    labelNames: ['state'],
    read: ({ mounts }) => mounts && Object.entries(mounts).map(([state, count]) => [{ state }, count] as const),
  },
  {
    name: 'onedrive_webdav_part_healthy',
    help: 'Whether a part works as last seen: credential, microsoft, state, disk, discovery, people (0: no; empty tenant: the machine)',
    labelNames: ['part', 'tenant'],
    read: ({ health }) => health?.map(({ part, tenant = '', ok }) => [{ part, tenant }, ok ? 1 : 0] as const),
  },
  {
    name: 'onedrive_webdav_graph_quiet_seconds',
    help: 'Remaining seconds for which Microsoft wants no requests',
    labelNames: ['tenant'],
    read: ofTenants(({ quietSeconds }) => quietSeconds),
  },
  {
    name: 'onedrive_webdav_graph_requests_active',
    help: 'Requests to Graph under way',
    labelNames: ['tenant'],
    read: ofTenants(({ active }) => active),
  },
  {
    name: 'onedrive_webdav_graph_requests_waiting',
    help: 'Requests to Graph that wait for their turn; graph.maxConcurrentRequests limits those under way',
    labelNames: ['tenant'],
    read: ofTenants(({ waiting }) => waiting),
  },
];

export interface ScrapeReadings {
  /** Sets where the readings come from; others took their place when the configuration has changed. */
  from(sources: Sources): void;
  /** Reads everything; called before each scrape. What cannot be read is left out. */
  refresh(): Promise<void>;
}

/** Creates the metrics that cost nothing between two scrapes. */
export function createReadings(registers: Registry[]): ScrapeReadings {
  let sources: Sources | undefined;
  let now: Partial<Readings> = {};
  for (const reading of READINGS) {
    createReading(reading, registers, () => now);
  }
  return {
    from: next => {
      sources = next;
    },
    refresh: async () => {
      const parts = Object.entries(sources ?? {});
      const read = await Promise.allSettled(parts.map(async ([part, source]) => [part, await source()] as const));
      now = Object.fromEntries(read.flatMap(each => (each.status === 'fulfilled' ? [each.value] : [])));
    },
  };
}

function createReading(
  { name, help, labelNames = [], isCounter = false, read }: Reading,
  registers: Registry[],
  now: () => Partial<Readings>,
): void {
  const each = (put: (labels: Record<string, string>, value: number) => void) => {
    const values = read(now());
    for (const [labels, value] of typeof values === 'number' ? [[{}, values] as const] : (values ?? [])) {
      put(labels, value);
    }
  };
  const described = { name, help, labelNames, registers };
  if (isCounter) {
    new Counter({
      ...described,
      collect() {
        this.reset();
        each((labels, value) => this.inc(labels, value));
      },
    });
    return;
  }
  new Gauge({
    ...described,
    collect() {
      this.reset();
      if (labelNames.length === 0) {
        // `reset` leaves a 0, and nothing may be known.
        this.remove();
      }
      each((labels, value) => this.set(labels, value));
    },
  });
}
