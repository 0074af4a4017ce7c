import type { Clock } from '../lib/clock.ts';
import type { Cloud } from './clouds.ts';
import type { HostFences } from './fence.ts';
import { type GraphObserver, inSpan, NO_OBSERVER, observeTry } from './observer.ts';
import { receive, receiveText, type TextAnswer } from './receive.ts';
import { withRetry } from './retry.ts';
import { send } from './send.ts';
import type { HttpAnswer, HttpCall, Transport } from './transport.ts';
import { checkContentUrl } from './urls.ts';

/** A request to a pre-authenticated URL. */
export interface ContentCall extends HttpCall {
  /** The statuses that mean success; all others are errors. */
  readonly success: readonly number[];
}

/**
 * Sends requests to pre-authenticated URLs: without a token, which such hosts answer with 401, and with the URL
 * unchanged, since they refuse a changed or re-ordered query. Throws GraphError for every unsuccessful answer.
 */
export interface ContentCaller {
  /** Returns the whole answer, for upload sessions and monitors. */
  readonly callContent: (call: ContentCall) => Promise<TextAnswer>;
  /** Returns the bytes of a file; the caller must read or destroy the body. */
  readonly openContent: (call: ContentCall) => Promise<HttpAnswer>;
}

export type CallContent = ContentCaller['callContent'];

export interface ContentParts {
  readonly cloud: Cloud;
  readonly transport: Transport;
  readonly fences: HostFences;
  readonly clock: Clock;
  /** Hosts that the operator allows besides the cloud's own. */
  readonly extraHosts: readonly string[];
  readonly observer?: GraphObserver | undefined;
}

/** What requests to content hosts do: their URLs are secrets, and have no template. */
const OPERATIONS: Readonly<Record<string, string>> = {
  GET: 'content progress',
  PUT: 'content upload',
  POST: 'content commit',
  DELETE: 'content cancel',
};
const DOWNLOAD = 'content download';

export function createContentCaller(parts: ContentParts): ContentCaller {
  const { cloud, transport, fences, clock, extraHosts, observer = NO_OBSERVER } = parts;
  const calling =
    <T>(
      read: (
        answer: HttpAnswer,
        receiving: { success: readonly number[]; signal: AbortSignal; now: number },
      ) => Promise<T>,
      operationFor: (method: string) => string,
    ) =>
    async ({ success, ...call }: ContentCall): Promise<T> => {
      checkContentUrl(call.url, cloud, extraHosts);
      const { signal } = call;
      const operation = operationFor(call.method);
      return inSpan(observer, operation, span => {
        const attempt = async () => {
          const answer = await observeTry({ observer, operation, span }, () => send(transport, call));
          return read(answer, { success, signal, now: clock.now() });
        };
        // Repeating a fragment is harmless: the host refuses the overlap.
        return withRetry(attempt, {
          fence: fences.of(call.url),
          lane: siteOf(call.url),
          clock,
          signal,
          replaySafe: true,
          observer,
        });
      });
    };
  return {
    callContent: calling(receiveText, method => OPERATIONS[method] ?? 'content other'),
    openContent: calling(receive, () => DOWNLOAD),
  };
}

/** Returns the site of a URL, `/personal/ada_contoso_com` or `/sites/team`: a mailbox or a library. */
function siteOf(url: string): string {
  return new URL(url).pathname.split('/', 3).join('/');
}
