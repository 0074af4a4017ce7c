import { chooseDownload, largeFile } from './choose.ts';
import { type ClientRule, KNOWN_CLIENTS, UNKNOWN_CLIENT } from './clients.ts';
import type { DownloadOptions } from './downloads.ts';
import type { DownloadPolicy, DownloadWay } from './policy.ts';

/** The operator's settings for downloads. */
export interface DownloadSettings {
  readonly redirectStatus: 302 | 307;
  readonly minRedirectBytes: number;
  readonly customHost: string | null;
  /** Regular expressions for the User-Agent, ignoring case. */
  readonly clients: readonly { readonly userAgent: string; readonly policy: DownloadWay }[];
  readonly proxy: {
    readonly urls: readonly string[];
    readonly template: string | null;
    readonly sign: boolean;
    readonly lifeSeconds: number;
    readonly keys: readonly { readonly secret: { reveal(): string } }[];
  };
}

/**
 * Converts the operator's settings to download options. `policyOf` returns the policy of a mount by its folded name.
 */
export function optionsOf(
  { clients, customHost, proxy, redirectStatus, minRedirectBytes }: DownloadSettings,
  policyOf: (mount: string) => DownloadPolicy | undefined,
): Omit<DownloadOptions, 'clock' | 'log' | 'count'> {
  return {
    policyOf: mount => policyOf(mount) ?? 'proxy',
    redirectStatus,
    minRedirectBytes,
    customHost: customHost ?? undefined,
    clients: rulesOf(clients),
    proxy:
      proxy.urls.length === 0
        ? undefined
        : { ...proxy, template: proxy.template ?? undefined, keys: proxy.keys.map(({ secret }) => secret.reveal()) },
  };
}

/** One line of the explanation: clients, and the way of their bytes. */
export interface ExplainedClient {
  readonly clients: string;
  readonly way: DownloadWay;
  readonly why: string;
}

/** Returns the way for each known client under a policy, in the order of the rules; for `check-config`. */
export function explainPolicy(policy: DownloadPolicy, settings: DownloadSettings): ExplainedClient[] {
  if (policy !== 'auto') {
    return [{ clients: 'everybody', way: policy, why: 'the policy of the mount' }];
  }
  const own = settings.clients.map(({ userAgent, policy: way }) => ({
    clients: `User-Agent ~ ${userAgent}`,
    way,
    why: 'downloads.clients',
  }));
  const rules = { ...settings, clients: rulesOf(settings.clients) };
  const isOwn = (userAgent: string) =>
    rules.clients.slice(0, settings.clients.length).some(rule => rule.userAgent.test(userAgent));
  const known = [...KNOWN_CLIENTS, { ...UNKNOWN_CLIENT, evidence: 'nothing is known about them' }].map(
    ({ clients, sample, evidence }) => ({
      clients,
      way: chooseDownload(largeFile(sample), rules).way,
      why: isOwn(sample) ? 'downloads.clients' : evidence,
    }),
  );
  return [...own, ...known];
}

function rulesOf(clients: DownloadSettings['clients']): ClientRule[] {
  const own = clients.map(({ userAgent, policy }) => ({
    userAgent: new RegExp(userAgent, 'i'),
    way: policy,
    clients: userAgent,
    sample: '',
    evidence: 'the configuration',
  }));
  return [...own, ...KNOWN_CLIENTS];
}
