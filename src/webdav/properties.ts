import type { Entry, Quota } from '../drive/entry.ts';
import { escapeXml } from './xml-writer.ts';

export const DAV_NAMESPACE = 'DAV:';

/** A property by its namespace and name. */
export interface PropertyName {
  readonly namespace: string;
  readonly name: string;
}

/** What the value of a property may depend on. */
export interface PropertySource {
  readonly entry: Entry;
  /** Only there when a quota property was asked for by name. */
  readonly quota?: Quota;
}

type Render = (source: PropertySource) => string | undefined;

/** The live properties of RFC 4918 §15 that this server has: XML content, or undefined where an entry lacks one. */
const LIVE: Record<string, Render> = {
  resourcetype: ({ entry }) => (entry.kind === 'folder' ? '<D:collection/>' : ''),
  displayname: ({ entry }) => escapeXml(entry.name),
  getcontentlength: ({ entry }) => (entry.kind === 'file' ? String(entry.size) : undefined),
  getcontenttype: ({ entry }) =>
    entry.kind === 'file' ? escapeXml(entry.contentType ?? 'application/octet-stream') : undefined,
  getetag: ({ entry }) => `&quot;${escapeXml(entry.etag)}&quot;`,
  getlastmodified: ({ entry }) => entry.modified.toUTCString(),
  creationdate: ({ entry }) => `${entry.created.toISOString().slice(0, 19)}Z`,
};

/** RFC 4331 §3: not in allprop, because they cost a call. */
const QUOTA: Record<string, Render> = {
  'quota-available-bytes': ({ quota }) => quota?.available?.toString(),
  'quota-used-bytes': ({ quota }) => quota?.used.toString(),
};

/** What `allprop` answers. */
export const ALL_PROPERTIES: readonly PropertyName[] = Object.keys(LIVE).map(name => ({
  namespace: DAV_NAMESPACE,
  name,
}));

export function isQuotaProperty({ namespace, name }: PropertyName): boolean {
  return namespace === DAV_NAMESPACE && Object.hasOwn(QUOTA, name);
}

/** The XML content of a property, or undefined when the entry does not have it. */
export function renderProperty({ namespace, name }: PropertyName, source: PropertySource): string | undefined {
  if (namespace !== DAV_NAMESPACE) {
    return undefined;
  }
  const render = Object.hasOwn(LIVE, name) ? LIVE[name] : Object.hasOwn(QUOTA, name) ? QUOTA[name] : undefined;
  return render?.(source);
}
