import type { CloudName } from './cloud-names.ts';

/**
 * One of Microsoft's separate clouds (Graph docs, "National cloud deployments"). Tokens of one are not valid in
 * another.
 */
export interface Cloud {
  readonly name: CloudName;
  /** The host that issues tokens. */
  readonly authorityHost: string;
  /** Graph, without a trailing slash. */
  readonly graphUrl: string;
  /** Host name suffixes, with a leading dot, that pre-authenticated URLs may have. */
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

/** Returns the cloud, with some hosts replaced if so configured. */
export function cloudOf(
  name: CloudName,
  { authorityHost, graphUrl }: { authorityHost?: string | undefined; graphUrl?: string | undefined } = {},
): Cloud {
  const cloud = CLOUDS[name];
  return { ...cloud, authorityHost: authorityHost ?? cloud.authorityHost, graphUrl: graphUrl ?? cloud.graphUrl };
}

/** Returns true when the authority is one of Microsoft's own hosts, which the libraries know. */
export function isKnownAuthority(authorityHost: string): boolean {
  return Object.values(CLOUDS).some(cloud => cloud.authorityHost === authorityHost);
}
