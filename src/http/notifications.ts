import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../lib/read-body.ts';

/** The path, below the base path, to which Graph sends its notifications. */
export const NOTIFICATIONS_PATH = '/-/notifications';

/** Graph sends up to some hundred notifications at once, of less than 1 KiB each. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Many times the length of Graph's tokens. */
const MAX_TOKEN_CHARACTERS = 4096;

/** What the notifications are about. */
export interface NotificationsOptions {
  /** What Graph was given with each subscription: it proves that a notification is Graph's. */
  readonly clientState: string;
  /** Called with the id of the subscription of each notification that is Graph's. */
  readonly notified: (subscriptionId: string) => void;
}

interface Notification {
  readonly subscriptionId: string;
  readonly clientState: string;
}

/**
 * Creates the endpoint for Graph's notifications (Graph docs, "Receive change notifications through webhooks"): it
 * sends the token of a new subscription back, and answers notifications with 202 before anything is done about them. A
 * notification that nobody expects gets the same answer, so that a guess learns nothing, and costs nobody anything.
 */
export function createNotificationsApi({ clientState, notified }: NotificationsOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Not by way of a URL: a target that begins with two slashes would name a host.
    const [, query] = (request.url ?? '').split(/\?(.*)/s, 2);
    const token = new URLSearchParams(query).get('validationToken');
    if (token !== null) {
      send(response, token.length <= MAX_TOKEN_CHARACTERS ? 200 : 400, token.slice(0, MAX_TOKEN_CHARACTERS));
      return;
    }
    // A body that breaks off has nobody left to answer.
    const body = await readBody(request, response, MAX_BODY_BYTES).catch(() => undefined);
    const notifications = body === undefined ? undefined : readNotifications(body);
    send(response, notifications === undefined ? 400 : 202, '');
    for (const { subscriptionId } of notifications?.filter(each => isSame(each.clientState, clientState)) ?? []) {
      notified(subscriptionId);
    }
  };
}

function readNotifications(body: string): Notification[] | undefined {
  let value: unknown;
  try {
    ({ value } = JSON.parse(body) as { value?: unknown });
  } catch {
    return undefined;
  }
  return Array.isArray(value) ? value.flatMap(readNotification) : undefined;
}

function readNotification(given: unknown): Notification[] {
  const { subscriptionId, clientState } = (given ?? {}) as Record<string, unknown>;
  return typeof subscriptionId === 'string' && typeof clientState === 'string' ? [{ subscriptionId, clientState }] : [];
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(text);
}
