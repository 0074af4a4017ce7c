import type { CallGraph } from './client.ts';
import { GraphError } from './errors.ts';

/** Graph notifies an endpoint of changes in a drive until `expires`, in milliseconds since 1970. */
export interface Subscription {
  readonly id: string;
  readonly expires: number;
}

export interface SubscribeOptions {
  readonly driveId: string;
  /** Graph sends a token to it, and must get the token back, before the call returns. */
  readonly notificationUrl: string;
  /** Comes back in each notification; at most 128 characters. */
  readonly clientState: string;
  readonly expires: number;
}

interface WireSubscription {
  readonly id?: string;
  readonly expirationDateTime?: string;
}

/**
 * Subscribes to the changes in a drive (Graph docs, "Create subscription"): OneDrive for Business knows the root and
 * `updated` only, for at most 42,300 minutes. Needs a permission to write. Throws GraphError.
 */
export async function subscribe(
  call: CallGraph,
  { driveId, notificationUrl, clientState, expires }: SubscribeOptions,
  signal: AbortSignal,
): Promise<Subscription> {
  const body = {
    ...{ changeType: 'updated', notificationUrl, clientState },
    resource: `drives/${encodeURIComponent(driveId)}/root`,
    expirationDateTime: new Date(expires).toISOString(),
  };
  const { json } = await call({ method: 'POST', path: '/subscriptions', body, success: [201], signal });
  return readSubscription(json);
}

/** Extends a subscription (Graph docs, "Update subscription"). Throws GraphError; one that has ended is a 404. */
export async function renewSubscription(
  call: CallGraph,
  { id, expires }: Subscription,
  signal: AbortSignal,
): Promise<Subscription> {
  const path = `/subscriptions/${encodeURIComponent(id)}`;
  const body = { expirationDateTime: new Date(expires).toISOString() };
  const { json } = await call({ method: 'PATCH', path, body, success: [200], signal });
  return readSubscription(json);
}

/** Ends a subscription (Graph docs, "Delete subscription"). */
export async function unsubscribe(call: CallGraph, id: string, signal: AbortSignal): Promise<void> {
  await call({ method: 'DELETE', path: `/subscriptions/${encodeURIComponent(id)}`, success: [204], signal });
}

function readSubscription(json: unknown): Subscription {
  const { id, expirationDateTime } = (json as WireSubscription | undefined) ?? {};
  const expires = Date.parse(expirationDateTime ?? '');
  if (typeof id !== 'string' || Number.isNaN(expires)) {
    throw new GraphError('protocol', 'Graph returned a subscription without an id or an end');
  }
  return { id, expires };
}
