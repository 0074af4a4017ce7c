import type { ServerResponse } from 'node:http';
import type { Language } from '../words/words.ts';
import { beginEvents, send } from './page.ts';

/** Between two looks; each costs a tenth of a second, once for all who watch. */
const LOOK_MS = 2_000;
/** Then the browser asks again: an earlier configuration, and the end of the server, must not wait for a page. */
const LIFE_MS = 60_000;
/** How soon it asks again, in milliseconds. */
const RETRY_MS = 500;
/** Each is an open connection and a page in its buffer. */
const MAX_WATCHERS = 50;
/** A reader that has so much unread gets nothing new until it has read. */
const MAX_UNREAD = 1024 * 1024;

export interface StatusEventsParts {
  readonly render: (language: Language) => Promise<string>;
  /** The server is about to end. */
  readonly isDraining: () => boolean;
  readonly now: () => number;
}

interface Watch {
  /** In milliseconds. */
  readonly since: number;
  readonly language: Language;
  /** False once the next request would be refused: the session has ended, or the role is gone. */
  readonly mayWatch: () => Promise<boolean>;
}

/** Shows the page anew to all who watch it, while there are some (server-sent events, HTML Standard §9.2). */
export class StatusEvents {
  readonly #parts: StatusEventsParts;
  readonly #watchers = new Map<ServerResponse, Watch>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: StatusEventsParts) {
    this.#parts = parts;
  }

  /** Resolves when the client has gone. */
  async serve(response: ServerResponse, { language, mayWatch }: Omit<Watch, 'since'>): Promise<void> {
    if (this.#watchers.size >= MAX_WATCHERS) {
      const text = 'too many operators watch this page\n';
      send(response, { status: 503, type: 'text/plain; charset=utf-8', text, headers: { 'Retry-After': '30' } });
      return;
    }
    beginEvents(response);
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.#watchers.set(response, { since: this.#parts.now(), language, mayWatch });
    await this.#show(language, [response]);
    this.#goOn();
    await new Promise<void>(resolve => (response.closed ? resolve() : response.once('close', resolve)));
    this.#watchers.delete(response);
  }

  #goOn(): void {
    if (this.#watchers.size > 0 && this.#timer === undefined) {
      this.#timer = setTimeout(async () => {
        await this.#endOld();
        await this.#showAll();
        this.#timer = undefined;
        this.#goOn();
      }, LOOK_MS).unref();
    }
  }

  async #endOld(): Promise<void> {
    const { isDraining, now } = this.#parts;
    const endIfOld = async ([watcher, { since, mayWatch }]: readonly [ServerResponse, Watch]) => {
      // Who cannot be asked for now asks again.
      if (isDraining() || since + LIFE_MS <= now() || !(await mayWatch().catch(() => false))) {
        watcher.end();
        this.#watchers.delete(watcher);
      }
    };
    await Promise.all([...this.#watchers].map(endIfOld));
  }

  async #showAll(): Promise<void> {
    const byLanguage = Map.groupBy(this.#watchers, ([, { language }]) => language);
    await Promise.all(
      [...byLanguage].map(([language, watchers]) =>
        this.#show(
          language,
          watchers.map(([watcher]) => watcher),
        ),
      ),
    );
  }

  async #show(language: Language, watchers: readonly ServerResponse[]): Promise<void> {
    // Without a state now there is one at the next look; the comment keeps the connection.
    const event = await this.#parts.render(language).then(
      page => `event: page\ndata: ${JSON.stringify(page)}\n\n`,
      () => ': no state now\n\n',
    );
    for (const watcher of watchers) {
      if (!watcher.destroyed && watcher.writableLength < MAX_UNREAD) {
        watcher.write(event);
      }
    }
  }
}
