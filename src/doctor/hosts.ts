import type { Check, Finding } from './check.ts';
import { exploreWay, type Way } from './tunnel.ts';

export interface HostsParts {
  /** The way out. */
  readonly proxy: string | undefined;
  readonly caPem: string | undefined;
  /** What the environment names as a proxy: this server does not heed it. */
  readonly environmentProxy: string | undefined;
  readonly clock: { now(): number };
}

export interface HostsCheckParts extends HostsParts {
  /** Origins. */
  readonly origins: readonly string[];
  /** The tenants', where tenants have different hosts. */
  readonly tenant: string | undefined;
}

/** What must be open in a firewall. */
const ENDPOINTS = 'https://learn.microsoft.com/en-us/microsoft-365/enterprise/urls-and-ip-address-ranges';

/** `a, b and c`. */
const LIST = new Intl.ListFormat('en-GB');

/** The hosts of the cloud: is there a way, and is it Microsoft who answers at its end? */
export function hostsCheck({ origins, tenant, ...parts }: HostsCheckParts): Check {
  return { name: 'hosts', tenant, run: signal => exploreAll(origins, parts, signal) };
}

/** A finding for each reason why a host cannot be reached, or one for all hosts. */
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
  const by = proxy === undefined ? '' : `, by the proxy ${new URL(proxy).host}`;
  return failures.length > 0
    ? failures.map(({ hosts, way }) => ({ level: 'failure', ...explain(way, LIST.format(hosts), parts) }))
    : [{ level: 'ok', saw: `${LIST.format(ways.map(({ host }) => host))} can be reached${by}` }];
}

/** One cause is told once, whatever the number of hosts. */
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
        means: 'everything that goes to Microsoft goes by it',
        cure: 'start the proxy, or correct outbound.proxy; null goes without one',
      };
    case 'proxy-refused':
      return explainProxyRefusal(way.status, hosts, parts.proxy!);
    case 'dns':
      return {
        saw: `there is no address for ${hosts} (${way.code})`,
        means: "this machine's DNS does not know the name",
        cure: cureDirect(parts, "look at the machine's DNS (resolv.conf; in a container that of its network)"),
      };
    case 'connect':
      return {
        saw: `no connection to ${hosts} (${way.code})`,
        means: 'a firewall stands in between, or the network is down',
        cure: cureDirect(parts, `let this machine through to ${hosts}, port 443`),
        link: ENDPOINTS,
      };
    case 'tls':
      return {
        saw: `the connection to ${hosts} breaks during the TLS handshake (${way.code})`,
        means: 'a firewall cuts it, or what answers there does not speak TLS',
        cure: `let this machine through to ${hosts} without inspection; authorityHost and graphUrl of the tenant must be right if they are set`,
        link: ENDPOINTS,
      };
    case 'certificate':
      return explainCertificate(way, hosts, parts.clock.now());
  }
}

function explainProxyRefusal(status: number, hosts: string, proxy: string): Explanation {
  const saw = `the proxy ${new URL(proxy).host} refuses the way to ${hosts} (${status})`;
  return status === 407
    ? {
        saw,
        means: 'the proxy wants a name and a password',
        cure: 'write them to outbound.proxy: http://NAME:PASSWORD@host:port',
      }
    : {
        saw,
        means: 'the proxy does not allow this host, or does not reach it',
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
      saw: `the certificate of ${hosts}, by ${issuer}, is good from ${validity}; this machine says that it is ${new Date(now).toISOString()}`,
      means: "this machine's clock is wrong, or the certificate is that of an interceptor",
      cure: 'set the clock of this machine',
    };
  }
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID'
    ? {
        saw: `what answers as ${hosts} has a certificate for another name, by ${issuer}`,
        means: 'somebody else answers, such as a portal that wants a sign-in first',
        cure: 'open a browser on this machine and see who it is; or name the proxy in outbound.proxy',
      }
    : {
        saw: `the certificate of ${hosts} is by an issuer that is not trusted: ${issuer} (${code})`,
        means: 'a proxy or firewall on the way opens TLS and signs with a CA of its own',
        cure: 'if that is meant to be so, put the certificate of that CA in a PEM file and name it in outbound.caFile; else let these hosts through without inspection',
      };
}

/** Programs that heed the environment get out where this server does not. */
function cureDirect({ proxy, environmentProxy }: HostsParts, cure: string): string {
  return proxy === undefined && environmentProxy !== undefined
    ? `set outbound.proxy to ${environmentProxy}: the environment names this proxy, and this server heeds its own configuration only`
    : cure;
}
