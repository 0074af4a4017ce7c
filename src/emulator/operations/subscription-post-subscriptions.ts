import { parseDriveAddress } from '../drive-address.ts';
import { withContext } from '../driveitem.ts';
import { type Exchange, now, type Reply, readJson } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { normalizeGraphPath, parseItemPath } from '../item-path.ts';
import type { Library } from '../site.ts';
import type { Subscription } from '../subscriptions.ts';
import { authenticate } from '../tokens.ts';

/** Maximum lifetime of a driveItem's subscription in minutes (Graph docs, "subscription resource type"). */
const MAX_MINUTES = 42_300;
const MAX_CLIENT_STATE = 128;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const KNOWN = [
  'changeType',
  'notificationUrl',
  'resource',
  'expirationDateTime',
  'clientState',
  'latestSupportedTlsVersion',
];

/** `POST /subscriptions` (Graph docs, "Create subscription"): of a drive's root, once its endpoint has answered. */
export async function subscriptionPost(exchange: Exchange): Promise<Reply> {
  const { world } = exchange;
  const caller = authenticate(exchange);
  const body = await readJson(exchange.request);
  refuseUnknown(body, KNOWN);
  const { resource, notificationUrl, clientState = null } = body;
  const library = findResource(exchange, resource);
  if (body.changeType !== 'updated') {
    throw refused("Drives support the changeType 'updated' only.");
  }
  if (clientState !== null && (typeof clientState !== 'string' || clientState.length > MAX_CLIENT_STATE)) {
    throw refused(`The clientState must be a text of at most ${MAX_CLIENT_STATE} characters.`);
  }
  const expires = readExpiration(exchange, body);
  const url = readUrl(exchange, notificationUrl);
  const trouble = await world.subscriptions.validate(url);
  if (trouble !== undefined) {
    throw refused(`Subscription validation request failed. ${trouble}`);
  }
  const subscription: Subscription = {
    ...{ id: world.settings.ids(), tenantId: caller.tenant.id, clientId: caller.clientId },
    ...{ driveId: library.drive.id, resource: String(resource), notificationUrl: url, clientState, expires },
  };
  world.subscriptions.put(subscription, library.drive);
  return answerSubscription(exchange, subscription, 201);
}

export function answerSubscription(exchange: Exchange, subscription: Subscription, status: number): Reply {
  return { status, json: withContext(exchange, renderSubscription(subscription), 'subscriptions/$entity') };
}

export function renderSubscription(subscription: Subscription): Record<string, unknown> {
  const { id, resource, clientId, notificationUrl, clientState, expires } = subscription;
  return {
    ...{ id, resource, applicationId: clientId, changeType: 'updated', clientState, notificationUrl },
    ...{ lifecycleNotificationUrl: null, expirationDateTime: new Date(expires).toISOString(), creatorId: clientId },
    latestSupportedTlsVersion: 'v1_2',
  };
}

/** Reads its expiry: in the future, and within the maximum lifetime. */
export function readExpiration(exchange: Exchange, { expirationDateTime }: Record<string, unknown>): number {
  const time = typeof expirationDateTime === 'string' ? Date.parse(expirationDateTime) : Number.NaN;
  if (Number.isNaN(time) || time <= now(exchange)) {
    throw refused('The expirationDateTime must be in the future.');
  }
  if (time > now(exchange) + MAX_MINUTES * 60_000) {
    throw refused(`Subscription expiration can only be ${MAX_MINUTES} minutes in the future.`);
  }
  return time;
}

export function refuseUnknown(body: Record<string, unknown>, known: readonly string[]): void {
  const unknown = Object.keys(body).find(name => !known.includes(name));
  if (unknown !== undefined) {
    throw new GraphFault('notImplemented', `The emulator does not support ${unknown} of a subscription.`);
  }
}

/** Returns the drive of a root. Business allows no other folder; other resources are not modelled. */
function findResource(exchange: Exchange, resource: unknown): Library {
  if (typeof resource !== 'string' || resource === '') {
    throw refused('The resource is missing.');
  }
  const address = parseDriveAddress(normalizeGraphPath(`/${resource}`));
  const path = address && parseItemPath(address.rest);
  if (address === undefined || path === undefined || path.action !== '') {
    throw new GraphFault('notImplemented', `The emulator does not support subscriptions of ${resource}.`);
  }
  // A subscription needs the permission to write (Graph docs, "Create subscription", permissions of
  // driveItem).
  const library = address.resolve(exchange, 'writeFiles');
  const isRoot = path.base === 'root' || path.base === library.drive.idOf(library.drive.root);
  if (!isRoot || path.names !== undefined) {
    throw refused('Subscriptions are supported on the root of a drive only.');
  }
  return library;
}

function readUrl({ world }: Exchange, notificationUrl: unknown): string {
  const url = typeof notificationUrl === 'string' ? URL.parse(notificationUrl) : null;
  const isAllowed =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' &&
      world.settings.notificationUrls === 'https-or-loopback' &&
      LOOPBACK.includes(url.hostname));
  if (url === null || !isAllowed) {
    throw refused('The notificationUrl must be an https address.');
  }
  return String(notificationUrl);
}

function refused(message: string): GraphFault {
  return new GraphFault('InvalidRequest', message);
}
