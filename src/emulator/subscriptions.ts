import type { DriveState } from './drive.ts';
import type { Settings } from './options.ts';
import type { Library } from './site.ts';
import type { Database } from './store/database.ts';

/** A subscription to the changes of a drive (Graph docs, "subscription resource type"). */
export interface Subscription {
  readonly id: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly driveId: string;
  /** As it was given. */
  readonly resource: string;
  readonly notificationUrl: string;
  readonly clientState: string | null;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The number of attempts for a notification; the docs promise four hours of them. */
const ATTEMPTS = 3;
const FIRST_WAIT_MS = 1000;

export interface SubscriptionsOptions {
  readonly db: Database;
  readonly settings: Settings;
  readonly findLibrary: (driveId: string) => Library | undefined;
}

/** The subscriptions of all tenants; they outlive a restart. Notifies each endpoint of changes, several at once. */
export class Subscriptions {
  readonly #db: Database;
  readonly #settings: Settings;
  readonly #all = new Map<string, Subscription>();
  readonly #watched = new WeakSet<DriveState>();
  /** Ids of subscriptions whose drives have changed, by endpoint. */
  readonly #due = new Map<string, Set<string>>();
  readonly #closing = new AbortController();

  constructor({ db, settings, findLibrary }: SubscriptionsOptions) {
    this.#db = db;
    this.#settings = settings;
    for (const { body } of db.sql('SELECT body FROM subscription').all()) {
      const subscription = JSON.parse(body as string) as Subscription;
      this.#all.set(subscription.id, subscription);
      const library = findLibrary(subscription.driveId);
      if (library !== undefined) {
        this.#watch(library.drive);
      }
    }
  }

  /** Returns the subscriptions of one application that have not expired. */
  list({ tenantId, clientId }: Pick<Subscription, 'tenantId' | 'clientId'>): Subscription[] {
    return [...this.#all.values()].filter(
      each => each.tenantId === tenantId && each.clientId === clientId && this.#isAlive(each),
    );
  }

  /** Adds it, or replaces the one with its id. */
  put(subscription: Subscription, drive?: DriveState): void {
    this.#all.set(subscription.id, subscription);
    this.#db
      .sql('INSERT INTO subscription VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body')
      .run(subscription.id, JSON.stringify(subscription));
    if (drive !== undefined) {
      this.#watch(drive);
    }
  }

  delete(id: string): void {
    this.#all.delete(id);
    this.#db.sql('DELETE FROM subscription WHERE id = ?').run(id);
  }

  /** Asks the endpoint to repeat a token, as Graph does before it subscribes; returns the objection, or undefined. */
  async validate(notificationUrl: string): Promise<string | undefined> {
    const requestId = this.#settings.ids();
    const token = `Validation: Testing client application reachability for subscription Request-Id: ${requestId}`;
    const url = new URL(notificationUrl);
    url.searchParams.set('validationToken', token);
    try {
      const answer = await this.#post(url.href, { type: 'text/plain; charset=utf-8', body: '' });
      if (answer.status !== 200) {
        return 'Notification endpoint must respond with 200 OK to validation request.';
      }
      return answer.text === token ? undefined : 'Response must exactly match validationToken query parameter.';
    } catch {
      return 'The request to the notification endpoint has timed out or failed.';
    }
  }

  /** Stops sending. */
  close(): void {
    this.#closing.abort();
  }

  #watch(drive: DriveState): void {
    if (!this.#watched.has(drive)) {
      this.#watched.add(drive);
      drive.onChange(() => this.#changed(drive.id));
    }
  }

  #changed(driveId: string): void {
    for (const subscription of this.#all.values()) {
      if (subscription.driveId === driveId && this.#isAlive(subscription)) {
        this.#enqueue(subscription);
      }
    }
  }

  #enqueue({ id, notificationUrl }: Subscription): void {
    const due = this.#due.get(notificationUrl);
    if (due !== undefined) {
      due.add(id);
      return;
    }
    this.#due.set(notificationUrl, new Set([id]));
    // Only the end of the emulator aborts a wait.
    this.#deliver(notificationUrl).catch(() => undefined);
  }

  async #deliver(notificationUrl: string): Promise<void> {
    await this.#wait(this.#settings.notificationDelayMs);
    const ids = this.#due.get(notificationUrl) ?? new Set();
    this.#due.delete(notificationUrl);
    const value = [...ids].map(id => this.#all.get(id)).filter(each => each !== undefined && this.#isAlive(each));
    if (value.length > 0) {
      await this.#send(notificationUrl, JSON.stringify({ value: value.map(each => notificationOf(each!)) }));
    }
  }

  async #send(url: string, body: string): Promise<void> {
    for (let attempt = 1; !this.#closing.signal.aborted; attempt += 1) {
      const status = await this.#post(url, { type: 'application/json; charset=utf-8', body }).then(
        answer => answer.status,
        () => undefined,
      );
      if ((status !== undefined && status < 300) || attempt === ATTEMPTS) {
        return;
      }
      await this.#wait(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }

  #wait(milliseconds: number): Promise<void> {
    return this.#settings.timers.sleep(milliseconds, this.#closing.signal);
  }

  async #post(url: string, { type, body }: { type: string; body: string }): Promise<{ status: number; text: string }> {
    const timeout = AbortSignal.timeout(this.#settings.notificationTimeoutMs);
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([timeout, this.#closing.signal]),
    });
    return { status: answer.status, text: await answer.text() };
  }

  #isAlive({ expires }: Subscription): boolean {
    return expires > this.#settings.clock.now();
  }
}

/**
 * Renders a notification: something has changed, so the client queries delta (Graph docs, "changeNotification resource
 * type").
 */
function notificationOf({ id, clientState, expires, resource, tenantId }: Subscription): Record<string, unknown> {
  return {
    subscriptionId: id,
    subscriptionExpirationDateTime: new Date(expires).toISOString(),
    clientState,
    changeType: 'updated',
    resource,
    tenantId,
  };
}
