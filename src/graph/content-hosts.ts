import type { Clock } from '../lib/clock.ts';
import type { Cloud } from './clouds.ts';
import type { HostFences } from './fence.ts';
import { receive, receiveText, type TextAnswer } from './receive.ts';
import { withRetry } from './retry.ts';
import type { HttpAnswer, HttpCall, Transport } from './transport.ts';
import { checkContentUrl } from './urls.ts';

/** A request to a pre-authenticated URL. */
export interface ContentCall extends HttpCall {
  /** The statuses that say that it is done; every other one is an error. */
  readonly success: readonly number[];
}

/**
 * Sends a request to a pre-authenticated URL: without a token, which such hosts answer with 401, and with the URL as it
 * is, since a changed or re-ordered query is refused too. Throws GraphError for all that is no success.
 */
export interface ContentCaller {
  /** The whole answer: of upload sessions and monitors. */
  readonly callContent: (call: ContentCall) => Promise<TextAnswer>;
  /** The bytes of a file; the body must be read or destroyed. */
  readonly openContent: (call: ContentCall) => Promise<HttpAnswer>;
}

export type CallContent = ContentCaller['callContent'];

export interface ContentParts {
  readonly cloud: Cloud;
  readonly transport: Transport;
  readonly fences: HostFences;
  readonly clock: Clock;
  /** Hosts, besides the cloud's own, that the operator allows. */
  readonly extraHosts: readonly string[];
}

export function createContentCaller({ cloud, transport, fences, clock, extraHosts }: ContentParts): ContentCaller {
  const calling =
    <T>(
      read: (
        answer: HttpAnswer,
        receiving: { success: readonly number[]; signal: AbortSignal; now: number },
      ) => Promise<T>,
    ) =>
    async ({ success, ...call }: ContentCall): Promise<T> => {
      checkContentUrl(call.url, cloud, extraHosts);
      const { signal } = call;
      const attempt = async () => read(await transport.send(call), { success, signal, now: clock.now() });
      // A fragment is no different when sent twice: the host refuses the overlap.
      return withRetry(attempt, {
        fence: fences.of(call.url),
        lane: siteOf(call.url),
        clock,
        signal,
        replaySafe: true,
      });
    };
  return { callContent: calling(receiveText), openContent: calling(receive) };
}

/** The site that a URL belongs to, `/personal/ada_contoso_com` or `/sites/team`: a mailbox or a library. */
function siteOf(url: string): string {
  return new URL(url).pathname.split('/', 3).join('/');
}
