import type { SpaceStatus } from '../control/status.ts';
import type { ServedMount } from '../discovery/discovered-mounts.ts';
import type { Quota } from '../drive/entry.ts';
import { ROOT } from '../drive/path.ts';
import { runForNobody } from '../lib/caller.ts';
import type { Clock } from '../lib/clock.ts';
import type { MountTable } from '../mounts/mount-table.ts';

/** Space changes slowly, and each question is a call to Microsoft. */
const KEEP_MS = 10 * 60_000;
/** In one turn; the next look brings the next turn. */
const MAX_ASKED = 20;

/** The room in the drives of mounts in use, as far as it was asked for; an unused drive is not opened for it. */
export class KnownSpace {
  readonly #mounts: MountTable<ServedMount>;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  /** By mount, with the time of the question in milliseconds since 1970; no quota: there was no answer. */
  readonly #asked = new WeakMap<ServedMount, { readonly at: number; readonly quota: Quota | undefined }>();
  #turn: Promise<void> | undefined;

  constructor(mounts: MountTable<ServedMount>, clock: Clock) {
    this.#mounts = mounts;
    this.#clock = clock;
  }

  known(): readonly SpaceStatus[] {
    return this.#inUse().flatMap(mount => {
      const { at, quota } = this.#asked.get(mount) ?? {};
      return quota === undefined ? [] : [{ mount: mount.name, ...quota, at: new Date(at!).toISOString() }];
    });
  }

  /** Asks for what is not known or too old, in the background and one after the other. */
  refresh(): void {
    const due = this.#inUse().filter(mount => (this.#asked.get(mount)?.at ?? 0) + KEEP_MS <= this.#clock.now());
    if (due.length > 0 && !this.#ended.signal.aborted) {
      this.#turn ??= runForNobody(() => this.#ask(due.slice(0, MAX_ASKED)));
    }
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#turn;
  }

  async #ask(mounts: readonly ServedMount[]): Promise<void> {
    const { signal } = this.#ended;
    for (const mount of signal.aborted ? [] : mounts) {
      // A failure is one of the drive, whose state tells of it.
      const quota = await mount.drive.quota(ROOT, { signal }).catch(() => undefined);
      this.#asked.set(mount, { at: this.#clock.now(), quota });
    }
    this.#turn = undefined;
  }

  #inUse(): readonly ServedMount[] {
    return this.#mounts.all().filter(({ state }) => state()?.kind === 'open');
  }
}
