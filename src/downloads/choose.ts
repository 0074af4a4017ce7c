import type { Entry } from '../drive/entry.ts';

/** How the operator wants a mount's bytes to travel. */
export type DownloadPolicy = 'proxy' | 'redirect';

export interface DownloadFacts {
  readonly policy: DownloadPolicy;
  readonly entry: Entry;
  /** If-Match or If-Range: the content host's entity tags are not ours, so only we can keep such a promise. */
  readonly dependsOnOurTags: boolean;
  /** The drive has addresses to redirect to. */
  readonly canRedirect: boolean;
}

/** How this file's bytes reach this client. */
export function chooseDownload({ policy, entry, dependsOnOurTags, canRedirect }: DownloadFacts): DownloadPolicy {
  const mayRedirect = policy === 'redirect' && canRedirect && entry.size > 0 && !dependsOnOurTags;
  return mayRedirect ? 'redirect' : 'proxy';
}
