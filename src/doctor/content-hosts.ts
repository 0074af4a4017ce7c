import type { Check } from './check.ts';
import { exploreAll, type HostsParts } from './hosts.ts';
import type { MountUnderTest } from './mount.ts';

export interface ContentHostsParts extends HostsParts {
  readonly tenant: string | undefined;
  readonly needs: readonly Check[];
  /** Of this tenant; their drives have been looked for. */
  readonly mounts: readonly MountUnderTest[];
}

/** The hosts that the bytes of files come from and go to: firewalls often know those of Graph only. */
export function contentHostsCheck({ tenant, needs, mounts, ...parts }: ContentHostsParts): Check {
  return {
    name: 'content-hosts',
    tenant,
    needs,
    run: async signal => {
      const hosts = new Set(mounts.flatMap(({ contentHost }) => contentHost ?? []));
      return hosts.size === 0
        ? [{ level: 'skipped', saw: 'no drive has told from where its files come' }]
        : exploreAll(
            [...hosts].map(host => `https://${host}`),
            parts,
            signal,
          );
    },
  };
}
