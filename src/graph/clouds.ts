import type { CloudName } from './cloud-names.ts';

/**
 * One of Microsoft's separate clouds (Graph docs, "National cloud deployments"). Tokens of one mean nothing in another.
 */
export interface Cloud {
  readonly name: CloudName;
  /** Where tokens come from. */
  readonly authorityHost: string;
  /** Graph, without a trailing slash. */
  readonly graphUrl: string;
  /** Host names, with their leading dot, below which pre-authenticated URLs may point. */
  readonly contentSuffixes: readonly string[];
}

const CLOUDS = {
  global: {
    name: 'global',
    authorityHost: 'https://login.microsoftonline.com',
    graphUrl: 'https://graph.microsoft.com',
    contentSuffixes: ['.sharepoint.com', '.svc.ms'],
  },
  usgov: {
    name: 'usgov',
    authorityHost: 'https://login.microsoftonline.us',
    graphUrl: 'https://graph.microsoft.us',
    contentSuffixes: ['.sharepoint.us', '.svc.ms'],
  },
  usgovdod: {
    name: 'usgovdod',
    authorityHost: 'https://login.microsoftonline.us',
    graphUrl: 'https://dod-graph.microsoft.us',
    contentSuffixes: ['.sharepoint-mil.us', '.svc.ms'],
  },
  china: {
    name: 'china',
    authorityHost: 'https://login.chinacloudapi.cn',
    graphUrl: 'https://microsoftgraph.chinacloudapi.cn',
    contentSuffixes: ['.sharepoint.cn', '.svc.ms'],
  },
} satisfies Record<CloudName, Cloud>;

/** The cloud, or what stands in for some of its hosts. */
export function cloudOf(
  name: CloudName,
  { authorityHost, graphUrl }: { authorityHost?: string | undefined; graphUrl?: string | undefined } = {},
): Cloud {
  const cloud = CLOUDS[name];
  return { ...cloud, authorityHost: authorityHost ?? cloud.authorityHost, graphUrl: graphUrl ?? cloud.graphUrl };
}

/** Whether tokens come from one of Microsoft's own hosts, whose addresses the libraries know by heart. */
export function isKnownAuthority(authorityHost: string): boolean {
  return Object.values(CLOUDS).some(cloud => cloud.authorityHost === authorityHost);
}
