import type { Cloud } from './clouds.ts';
import { GraphError } from './errors.ts';

/** The address of an item: an item id or the drive's root, and names below it. */
export interface ItemPlace {
  readonly driveId: string;
  /** Absent: the root. */
  readonly id?: string;
  readonly names?: readonly string[];
}

/**
 * Returns the path of an item below `/v1.0`, with an action such as `children` (Graph docs, "Addressing resources in a
 * drive"). Names always end with a colon: without it Graph takes a last name like `photo` for one of its properties
 * (onedrive-api-docs 1020; rclone 3039).
 */
export function itemPath({ driveId, id, names = [] }: ItemPlace, action = ''): string {
  const base = `/drives/${encodeURIComponent(driveId)}/${id === undefined ? 'root' : `items/${encodeURIComponent(id)}`}`;
  if (names.length === 0) {
    return action === '' ? base : `${base}/${action}`;
  }
  const path = `${base}:/${names.map(encodeURIComponent).join('/')}`;
  return action === '' ? `${path}:` : `${path}:/${action}`;
}

/**
 * Refuses a pre-authenticated URL that does not lead to a content host of this cloud: bytes are only exchanged with
 * Microsoft's hosts. `extraHosts` are named by the operator.
 */
export function checkContentUrl(url: string, cloud: Cloud, extraHosts: readonly string[]): string {
  const { protocol, hostname } = URL.parse(url) ?? { protocol: '', hostname: '' };
  const isMicrosoft = protocol === 'https:' && cloud.contentSuffixes.some(suffix => hostname.endsWith(suffix));
  const isNamed = /^https?:$/.test(protocol) && extraHosts.includes(hostname);
  if (!isMicrosoft && !isNamed) {
    throw new GraphError(
      'protocol',
      `refused a content URL that leads to "${hostname}"; name the host in tenant.contentHosts if you trust it`,
    );
  }
  return url;
}
