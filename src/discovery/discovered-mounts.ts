import type { DriveState } from '../drive/drive-state.ts';
import type { Log } from '../lib/log.ts';
import type { MountSpec, MountTable } from '../mounts/mount-table.ts';
import type { FoundMailbox } from './mailbox-discovery.ts';
import type { MailboxRule, MountConfig } from './mount-config.ts';

/** The maximum number of names in a log line. */
const MAX_LOGGED_NAMES = 10;

/** A mount with its settings from the configuration. */
export interface ServedMount extends MountSpec {
  readonly download: MountConfig['download'];
  /** Returns whether its drive can be opened; undefined while nobody has used it. */
  readonly state: () => DriveState | undefined;
  /** The mount has been removed: requests under way still finish, and nothing else goes on. */
  end(): void;
}

export type MountSettings = Omit<MountConfig, 'position'>;
export type Mounter = (settings: MountSettings) => ServedMount;

export interface DiscoveredOptions {
  readonly mount: Mounter;
  /** Names of mounts that were there before: they are not reported as new. */
  readonly known: ReadonlySet<string>;
  readonly log: Log;
}

/**
 * The mounts of the mailboxes that one tenant's rules find. A mailbox that stays keeps its mount, unless another rule
 * applies to it now.
 */
export class DiscoveredMounts {
  readonly #table: MountTable<ServedMount>;
  readonly #options: DiscoveredOptions;
  /** By object id. */
  #mounts: ReadonlyMap<string, { readonly mount: ServedMount; readonly rule: MailboxRule }> = new Map();

  constructor(table: MountTable<ServedMount>, options: DiscoveredOptions) {
    this.#table = table;
    this.#options = options;
  }

  follow(found: readonly FoundMailbox<MailboxRule>[]): void {
    const before = this.#mounts;
    this.#mounts = new Map(
      found.map(({ userId, principal, name, rule }) => {
        const known = before.get(userId);
        const stays = known !== undefined && known.rule === rule && known.mount.name === name;
        const source = { kind: 'mailbox', mailbox: userId, address: principal } as const;
        return [userId, stays ? known : { rule, mount: this.#options.mount({ ...rule, name, source }) }];
      }),
    );
    const [old, now] = [before, this.#mounts].map(map => new Set([...map.values()].map(({ mount }) => mount)));
    const remove = [...old!].filter(mount => !now!.has(mount));
    const add = [...now!].filter(mount => !old!.has(mount));
    this.#table.change({ remove, add });
    for (const mount of remove) {
      mount.end();
    }
    const isNew = ({ name }: ServedMount) => before.size > 0 || !this.#options.known.has(name);
    this.#log('new mounts of discovered mailboxes', add.filter(isNew));
    this.#log('mounts of mailboxes that have left', remove);
  }

  #log(what: string, mounts: readonly ServedMount[]): void {
    if (mounts.length > 0) {
      const names = mounts.slice(0, MAX_LOGGED_NAMES).map(({ name }) => name);
      this.#options.log.info({ count: mounts.length, names }, what);
    }
  }
}
