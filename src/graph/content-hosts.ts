import type { Clock } from '../lib/clock.ts';
import type { Cloud } from './clouds.ts';
import type { Fence } from './fence.ts';
import { sendWithRetry } from './retry.ts';
import type { HttpAnswer, HttpCall, Transport } from './transport.ts';
import { checkContentUrl } from './urls.ts';

/**
 * Sends a request to a pre-authenticated URL: without a token, which such hosts answer with 401, and with the URL as it is, since a
 * changed or re-ordered query is refused too. Throws GraphError for every error status.
 */
export type CallContent = (call: HttpCall) => Promise<HttpAnswer>;

export interface ContentParts {
  readonly cloud: Cloud;
  readonly transport: Transport;
  readonly fence: Fence;
  readonly clock: Clock;
  /** Hosts, besides the cloud's own, that the operator allows. */
  readonly extraHosts: readonly string[];
}

export function createCallContent({ cloud, transport, fence, clock, extraHosts }: ContentParts): CallContent {
  return async call => {
    checkContentUrl(call.url, cloud, extraHosts);
    // A fragment is no different when sent twice: the host refuses the overlap.
    return sendWithRetry(() => transport.send(call), { fence, clock, signal: call.signal, replaySafe: true });
  };
}
