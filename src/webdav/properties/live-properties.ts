import type { Entry, Quota } from '../../drive/entry.ts';
import { LOCK_SCOPES } from '../../state/lock-store.ts';
import type { DeadProperty } from '../../state/property-store.ts';
import { CALENDARSERVER_NAMESPACE, DAV_NAMESPACE, MICROSOFT_NAMESPACE, OWNCLOUD_NAMESPACE } from '../xml/namespaces.ts';
import { escapeXml } from '../xml/xml-writer.ts';

/** A property by its namespace and name. */
export interface PropertyName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Everything that the value of a property may depend on. Costly parts are looked up only when a client asks for them.
 */
export interface PropertySource {
  readonly entry: Entry;
  readonly access: () => 'read' | 'write';
  /** The URL that stands for the user who asks; undefined for nobody's user. */
  readonly principal: string | undefined;
  /** Present only when the client asked for a quota property by name. */
  readonly quota?: Quota;
  /** The token of a folder, present only when the client asked for it by name. */
  readonly syncToken?: string | undefined;
  /** Changes whenever anything in the folder's tree does; present only when the client asked for it by name. */
  readonly treeTag?: string | undefined;
  /** Whether the entry is a folder that supports `sync-collection`. */
  readonly tellsChanges: () => boolean;
  /** The `activelock` elements of the locks that reach the entry (RFC 4918 §15.8). */
  readonly activeLocks: () => string;
  readonly deadProperties: () => readonly DeadProperty[];
}

export type Render = (source: PropertySource) => string | undefined;
type Table = Readonly<Record<string, Render>>;

/** The live properties of RFC 4918 §15: XML content, or undefined where an entry lacks one. `allprop` means these. */
const STANDARD: Table = {
  resourcetype: ({ entry }) => (entry.kind === 'folder' ? '<D:collection/>' : ''),
  displayname: ({ entry }) => escapeXml(entry.name),
  getcontentlength: ({ entry }) => (entry.kind === 'file' ? entry.size?.toString() : undefined),
  getcontenttype: ({ entry }) =>
    entry.kind === 'file' ? escapeXml(entry.contentType ?? 'application/octet-stream') : undefined,
  // Plain quotes: Finder keeps only the part before the first XML entity (webdavfs, `webdav_parse.c`).
  getetag: ({ entry }) => `"${escapeXml(entry.etag)}"`,
  getlastmodified: ({ entry }) => entry.modified.toUTCString(),
  creationdate: ({ entry }) => `${entry.created.toISOString().slice(0, 19)}Z`,
  lockdiscovery: ({ activeLocks }) => activeLocks(),
  supportedlock: ({ access }) => (access() === 'write' ? SUPPORTED_LOCKS : ''),
};
const SUPPORTED_LOCKS = LOCK_SCOPES.map(
  scope => `<D:lockentry><D:lockscope><D:${scope}/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>`,
).join('');

/**
 * Properties of other documents that are also in DAV: and are answered only by name: RFC 4331 §3 (quota costs a call),
 * RFC 3744 §5.4, RFC 5397 §3, RFC 3253 §3.1.5, RFC 6578 §4 (the token of a folder costs a call).
 */
const BY_NAME: Table = {
  'quota-available-bytes': ({ quota }) => quota?.available?.toString(),
  'quota-used-bytes': ({ quota }) => quota?.used.toString(),
  'current-user-privilege-set': ({ access }) =>
    (access() === 'write' ? PRIVILEGES : PRIVILEGES.slice(0, 2))
      .map(privilege => `<D:privilege><D:${privilege}/></D:privilege>`)
      .join(''),
  // RFC 5397 §3.
  'current-user-principal': ({ principal }) =>
    principal === undefined ? '<D:unauthenticated/>' : `<D:href>${escapeXml(principal)}</D:href>`,
  'supported-report-set': ({ tellsChanges }) => (tellsChanges() ? SYNC_REPORT : ''),
  'sync-token': ({ syncToken }) => (syncToken === undefined ? undefined : escapeXml(syncToken)),
};
const SYNC_REPORT = '<D:supported-report><D:report><D:sync-collection/></D:report></D:supported-report>';
const PRIVILEGES = [
  'read',
  'read-current-user-privilege-set',
  'write',
  'write-content',
  'write-properties',
  'bind',
  'unbind',
];

/**
 * Explorer uses these if the listing has them, and their standard twins otherwise. So they are answered only by name.
 */
const MICROSOFT: Table = {
  Win32CreationTime: ({ entry }) => entry.created.toUTCString(),
  Win32LastModifiedTime: ({ entry }) => entry.modified.toUTCString(),
  Win32LastAccessTime: ({ entry }) => entry.modified.toUTCString(),
};

/** Those of ownCloud's WebDAV properties that cost no call. */
const OWNCLOUD: Table = {
  id: ({ entry }) => escapeXml(entry.id),
  fileid: ({ entry }) => escapeXml(entry.id),
  size: ({ entry }) => (entry.kind === 'file' ? entry.size : entry.treeSize)?.toString(),
  /** D delete, N rename, V move, W write (files), C and K create file and folder. R, shareable, is never included. */
  permissions: ({ entry, access }) => (access() === 'read' ? '' : entry.kind === 'file' ? 'DNVW' : 'DNVCK'),
  checksums: ({ entry }) =>
    entry.quickXorHash === undefined
      ? undefined
      : `<oc:checksum xmlns:oc="${OWNCLOUD_NAMESPACE}">QUICKXOR:${escapeXml(entry.quickXorHash)}</oc:checksum>`,
};

/** The tag of a folder with everything below it ("CalDAV Ctag", caldav-ctag-02). It costs what a report costs. */
const CALENDARSERVER: Table = {
  getctag: ({ treeTag }) => (treeTag === undefined ? undefined : escapeXml(treeTag)),
};

const LIVE = new Map<string, Render>([
  ...byKey(DAV_NAMESPACE, STANDARD),
  ...byKey(DAV_NAMESPACE, BY_NAME),
  ...byKey(MICROSOFT_NAMESPACE, MICROSOFT),
  ...byKey(OWNCLOUD_NAMESPACE, OWNCLOUD),
  ...byKey(CALENDARSERVER_NAMESPACE, CALENDARSERVER),
]);

/** The live properties that `allprop` answers. The dead properties come in addition. */
export const ALL_PROPERTIES: readonly PropertyName[] = Object.keys(STANDARD).map(name => ({
  namespace: DAV_NAMESPACE,
  name,
}));

/** True for a property that is looked up anew each time: nothing tells when it changes. */
export function isCostly(property: PropertyName): boolean {
  return isQuotaProperty(property) || isSyncToken(property) || isTreeTag(property);
}

export function isQuotaProperty({ namespace, name }: PropertyName): boolean {
  return namespace === DAV_NAMESPACE && name.startsWith('quota-');
}

export function isSyncToken({ namespace, name }: PropertyName): boolean {
  return namespace === DAV_NAMESPACE && name === 'sync-token';
}

export function isTreeTag({ namespace, name }: PropertyName): boolean {
  return namespace === CALENDARSERVER_NAMESPACE && name === 'getctag';
}

/** True for a property that the server computes. All others are dead, and the client's own. */
export function isLive(property: PropertyName): boolean {
  return LIVE.has(keyOfName(property));
}

/**
 * The function that renders a live property: its XML content, or undefined when the entry does not have it. Undefined
 * for a dead property.
 */
export function rendererOf(property: PropertyName): Render | undefined {
  return LIVE.get(keyOfName(property));
}

/** A key that is equal for two names exactly when the names are the same. */
export function keyOfName({ namespace, name }: PropertyName): string {
  return `${namespace} ${name}`;
}

function byKey(namespace: string, table: Table): [string, Render][] {
  return Object.entries(table).map(([name, render]) => [keyOfName({ namespace, name }), render]);
}
