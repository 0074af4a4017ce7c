import type { Check } from './check.ts';
import { exploreAll, type HostsParts } from './hosts.ts';
import type { MountUnderTest } from './mount.ts';

export interface ContentHostsParts extends HostsParts {
  readonly tenant: string | undefined;
  readonly needs: readonly Check[];
  /** The tenant's mounts, after their drive checks. */
  readonly mounts: readonly MountUnderTest[];
}

/** Checks the hosts that transfer file contents: firewalls often allow only Graph's hosts. */
export function contentHostsCheck({ tenant, needs, mounts, ...parts }: ContentHostsParts): Check {
  return {
    name: 'content-hosts',
    tenant,
    needs,
    run: async signal => {
      const hosts = new Set(mounts.flatMap(({ contentHost }) => contentHost ?? []));
      return hosts.size === 0
        ? [{ level: 'skipped', saw: 'no drive has named the host of its files' }]
        : exploreAll(
            [...hosts].map(host => `https://${host}`),
            parts,
            signal,
          );
    },
  };
}
