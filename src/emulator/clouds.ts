export type CloudName = 'global' | 'usgov' | 'usgovdod' | 'china';

/** One of Microsoft's separate clouds (Graph docs, "National cloud deployments"). A tenant lives in one of them. */
export interface Cloud {
  readonly name: CloudName;
  /** The first is the documented one; MSAL posts to another for China. */
  readonly loginHosts: readonly string[];
  readonly graphHost: string;
  /** The issuer of its v1 tokens. */
  readonly tokenServiceHost: string;
  /** The suffix of `contoso` and `contoso-my` in its SharePoint host names. */
  readonly sharePointSuffix: string;
  /** The suffix of a tenant's name in its initial domain. */
  readonly domainSuffix: string;
}

export const CLOUDS: Readonly<Record<CloudName, Cloud>> = {
  global: {
    name: 'global',
    tokenServiceHost: 'sts.windows.net',
    loginHosts: ['login.microsoftonline.com'],
    graphHost: 'graph.microsoft.com',
    sharePointSuffix: '.sharepoint.com',
    domainSuffix: '.onmicrosoft.com',
  },
  usgov: {
    name: 'usgov',
    tokenServiceHost: 'sts.windows.net',
    loginHosts: ['login.microsoftonline.us'],
    graphHost: 'graph.microsoft.us',
    sharePointSuffix: '.sharepoint.us',
    domainSuffix: '.onmicrosoft.us',
  },
  usgovdod: {
    name: 'usgovdod',
    tokenServiceHost: 'sts.windows.net',
    loginHosts: ['login.microsoftonline.us'],
    graphHost: 'dod-graph.microsoft.us',
    sharePointSuffix: '.sharepoint-mil.us',
    domainSuffix: '.onmicrosoft.us',
  },
  china: {
    name: 'china',
    tokenServiceHost: 'sts.chinacloudapi.cn',
    loginHosts: ['login.chinacloudapi.cn', 'login.partner.microsoftonline.cn'],
    graphHost: 'microsoftgraph.chinacloudapi.cn',
    sharePointSuffix: '.sharepoint.cn',
    domainSuffix: '.partner.onmschina.cn',
  },
};

const ALL = Object.values(CLOUDS);

export function isLoginHost(host: string): boolean {
  return ALL.some(cloud => cloud.loginHosts.includes(host));
}

export function isGraphHost(host: string): boolean {
  return ALL.some(cloud => cloud.graphHost === host);
}

/** `https://graph.microsoft.com`: the origin of its Graph and the audience of its tokens. */
export function graphUrl(cloud: Cloud): string {
  return `https://${cloud.graphHost}`;
}

/** The issuer of its v2.0 tokens: the last of its login hosts (the OpenID configurations of the clouds). */
export function issuerOf(cloud: Cloud, tenantId: string): string {
  return `https://${cloud.loginHosts.at(-1)!}/${tenantId}/v2.0`;
}

/** The issuer of its v1.0 tokens; Graph's tokens are of that kind. */
export function v1IssuerOf(cloud: Cloud, tenantId: string): string {
  return `https://${cloud.tokenServiceHost}/${tenantId}/`;
}
