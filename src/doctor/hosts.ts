import type { Check, Finding } from './check.ts';
import { exploreWay, type Way } from './tunnel.ts';

export interface HostsParts {
  /** The proxy for requests to Microsoft. */
  readonly proxy: string | undefined;
  readonly caPem: string | undefined;
  /** The proxy in the environment, which this server ignores. */
  readonly environmentProxy: string | undefined;
  readonly clock: { now(): number };
}

export interface HostsCheckParts extends HostsParts {
  /** Origins. */
  readonly origins: readonly string[];
  /** The tenants' labels, where tenants have different hosts. */
  readonly tenant: string | undefined;
}

/** The hosts that a firewall must allow. */
const ENDPOINTS = 'https://learn.microsoft.com/en-us/microsoft-365/enterprise/urls-and-ip-address-ranges';

/** `a, b and c`. */
const LIST = new Intl.ListFormat('en-GB');

/** Checks that the hosts of the cloud can be reached, and that Microsoft answers. */
export function hostsCheck({ origins, tenant, ...parts }: HostsCheckParts): Check {
  return { name: 'hosts', tenant, run: signal => exploreAll(origins, parts, signal) };
}

/** Returns a finding for each reason why hosts cannot be reached, or one for all hosts. */
export async function exploreAll(
  origins: readonly string[],
  parts: HostsParts,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { proxy, caPem } = parts;
  const ways = await Promise.all(
    origins.map(async origin => ({
      host: new URL(origin).host,
      way: await exploreWay(origin, { proxy, caPem, signal }),
    })),
  );
  const failures = groupByWay(ways.filter(({ way }) => way.end !== 'host'));
  const by = proxy === undefined ? '' : `, through the proxy ${new URL(proxy).host}`;
  return failures.length > 0
    ? failures.map(({ hosts, way }) => ({ level: 'failure', ...explain(way, LIST.format(hosts), parts) }))
    : [{ level: 'ok', saw: `${LIST.format(ways.map(({ host }) => host))} can be reached${by}` }];
}

/** Reports each cause once, whatever the number of hosts. */
function groupByWay(ways: readonly { host: string; way: Way }[]): { hosts: string[]; way: Way }[] {
  const groups = new Map<string, { hosts: string[]; way: Way }>();
  for (const { host, way } of ways) {
    // Two certificates of one interceptor differ in their dates.
    const key = JSON.stringify({ ...way, validity: '' });
    const group = groups.get(key) ?? { hosts: [], way };
    group.hosts.push(host);
    groups.set(key, group);
  }
  return [...groups.values()];
}

type Explanation = Omit<Finding, 'level'>;

function explain(way: Way, hosts: string, parts: HostsParts): Explanation {
  switch (way.end) {
    case 'host':
      return { saw: `${hosts} can be reached` };
    case 'proxy':
      return {
        saw: `the proxy ${new URL(parts.proxy!).host} does not answer (${way.code})`,
        means: 'all requests to Microsoft go through it',
        cure: 'start the proxy, or correct outbound.proxy; null uses none',
      };
    case 'proxy-refused':
      return explainProxyRefusal(way.status, hosts, parts.proxy!);
    case 'dns':
      return {
        saw: `there is no address for ${hosts} (${way.code})`,
        means: "this machine's DNS does not know the name",
        cure: cureDirect(parts, "check the machine's DNS (resolv.conf; in a container, the DNS of its network)"),
      };
    case 'connect':
      return {
        saw: `no connection to ${hosts} (${way.code})`,
        means: 'a firewall blocks it, or the network is down',
        cure: cureDirect(parts, `allow this machine to reach ${hosts}, port 443`),
        link: ENDPOINTS,
      };
    case 'tls':
      return {
        saw: `the connection to ${hosts} breaks during the TLS handshake (${way.code})`,
        means: 'a firewall cuts it, or the program that answers does not speak TLS',
        cure: `allow this machine to reach ${hosts} without inspection; check authorityHost and graphUrl of the tenant if they are set`,
        link: ENDPOINTS,
      };
    case 'certificate':
      return explainCertificate(way, hosts, parts.clock.now());
  }
}

function explainProxyRefusal(status: number, hosts: string, proxy: string): Explanation {
  const saw = `the proxy ${new URL(proxy).host} refuses the connection to ${hosts} (${status})`;
  return status === 407
    ? {
        saw,
        means: 'the proxy wants a name and a password',
        cure: 'write them to outbound.proxy: http://NAME:PASSWORD@host:port',
      }
    : {
        saw,
        means: 'the proxy does not allow this host, or cannot reach it',
        cure: `allow ${hosts} in the proxy`,
        link: ENDPOINTS,
      };
}

function explainCertificate(
  { code, issuer, validity }: Extract<Way, { end: 'certificate' }>,
  hosts: string,
  now: number,
): Explanation {
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') {
    return {
      saw: `the certificate of ${hosts}, by ${issuer}, is valid from ${validity}; this machine's clock says ${new Date(now).toISOString()}`,
      means: "this machine's clock is wrong, or the certificate belongs to an interceptor",
      cure: 'set the clock of this machine',
    };
  }
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID'
    ? {
        saw: `the server that answers as ${hosts} has a certificate for another name, by ${issuer}`,
        means: 'another server answers, such as a portal that requires a sign-in first',
        cure: 'open the address in a browser on this machine to see what it is; or name the proxy in outbound.proxy',
      }
    : {
        saw: `the certificate of ${hosts} is by an issuer that is not trusted: ${issuer} (${code})`,
        means: 'a proxy or firewall in between intercepts TLS and signs with its own CA',
        cure: 'if that is intended, put the certificate of that CA in a PEM file and name it in outbound.caFile; else allow these hosts without inspection',
      };
}

/** Names the environment's proxy: other programs use it, and this server does not. */
function cureDirect({ proxy, environmentProxy }: HostsParts, cure: string): string {
  return proxy === undefined && environmentProxy !== undefined
    ? `set outbound.proxy to ${environmentProxy}: the environment names this proxy, but this server uses only its own configuration`
    : cure;
}
