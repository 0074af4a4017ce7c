import type { Clock } from '../lib/clock.ts';
import { type CallGraph, createCallGraph } from './client.ts';
import type { Cloud } from './clouds.ts';
import { type ContentCaller, createContentCaller } from './content-hosts.ts';
import { createTokenSource, type TokenSource } from './credential.ts';
import type { Credential } from './credential-kinds.ts';
import type { GraphError } from './errors.ts';
import { TenantFences } from './fence.ts';
import type { GraphObserver } from './observer.ts';
import type { CredentialSource } from './rolling-credential.ts';
import type { Transport } from './transport.ts';
import { checkContentUrl } from './urls.ts';

export interface GraphOptions {
  readonly cloud: Cloud;
  readonly tenantId: string;
  readonly credential: Credential;
  /** Where the credential comes from, if it can be replaced. */
  readonly credentials?: CredentialSource | undefined;
  /** Called with each answer of the token host: undefined for a token. */
  readonly onTokenAnswer?: ((error: GraphError | undefined) => void) | undefined;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly maxConcurrentRequests: number;
  /** Those of an earlier client of the same application and tenant. Absent: its own. */
  readonly fences?: TenantFences | undefined;
  readonly extraContentHosts: readonly string[];
  readonly observer?: GraphObserver | undefined;
}

/** Microsoft Graph for one application in one tenant, as the calls in this folder use it. */
export interface Graph extends ContentCaller {
  readonly call: CallGraph;
  /** Returns the URL if it leads to a content host that clients may be sent to. Throws GraphError otherwise. */
  readonly checkContentUrl: (url: string) => string;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  /** Returns the seconds for which Microsoft wants no requests; 0 when it accepts them. */
  quietSeconds(): number;
  /** Requests to Graph's own host: those under way, and those that wait for a place. */
  load(): { readonly active: number; readonly waiting: number };
}

export function createGraph(options: GraphOptions): Graph {
  const { tenantId, credential, credentials, onTokenAnswer: onAnswer, cloud, transport, clock, observer } = options;
  const { fences = new TenantFences(clock, options.maxConcurrentRequests) } = options;
  const own = { tenantId, credential, credentials, onAnswer, cloud };
  const tokens = createTokenSource({ ...own, transport, fence: fences.tokens, clock, observer });
  const call = createCallGraph({ cloud, tokens, transport, fence: fences.graph, clock, observer });
  const extraHosts = options.extraContentHosts;
  const content = createContentCaller({ cloud, transport, fences: fences.content, clock, extraHosts, observer });
  const quietSeconds = () => fences.quietSeconds();
  const checkUrl = (url: string) => checkContentUrl(url, cloud, options.extraContentHosts);
  return { call, ...content, checkContentUrl: checkUrl, tokens, clock, quietSeconds, load: () => fences.graph.load };
}
