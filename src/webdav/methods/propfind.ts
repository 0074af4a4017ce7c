import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Entry, Quota } from '../../drive/entry.ts';
import { childPath } from '../../drive/path.ts';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { allPropertiesFor } from '../client-quirks.ts';
import { DavError } from '../errors.ts';
import { type Depth, parseDepth } from '../headers/depth.ts';
import { appliedPreferences, parsePreferences } from '../headers/prefer.ts';
import { encodeHref, encodeMemberHref } from '../href.ts';
import type { Answer } from '../kept-answers.ts';
import { ownPrincipalHref } from '../principal-href.ts';
import {
  ALL_PROPERTIES,
  isCostly,
  isQuotaProperty,
  isSyncToken,
  isTreeTag,
  keyOfName,
  type PropertySource,
} from '../properties/live-properties.ts';
import { type Asked, asksForDead, asksForLocks, type Listed, renderMultistatus } from '../properties/multistatus.ts';
import { propertySources, type SourcesOf } from '../properties/property-source.ts';
import { uniqueNames } from '../properties/unique-names.ts';
import { type DavRequest, headerOf } from '../request.ts';
import { sendPieces } from '../send-pieces.ts';
import { DAV_NAMESPACE } from '../xml/namespaces.ts';
import { readXml, type XmlElement } from '../xml/xml-reader.ts';

/** The number of entries whose state is looked up together. */
const LOOKUP_BATCH = 100;

const MULTISTATUS = {
  status: 207,
  headers: { 'Content-Type': 'application/xml; charset=utf-8', 'Cache-Control': 'no-store' },
};

/**
 * PROPFIND (RFC 4918 §9.1). The listing is complete before the first byte goes out: a 207 never shows a part of a
 * folder.
 */
export async function propfind(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, raw, services, keeping } = request;
  const depth = finiteDepth(parseDepth(headerOf(raw, 'depth')));
  const wishes = parsePreferences(raw.headers);
  const asked = readAsked(raw, await readXml(request, services.maxXmlBytes), wishes.isMinimal);
  const self = await drive.stat(path, { signal, basis: keeping?.look() });
  if (hasConditions(request.conditions)) {
    await checkConditions(request, self);
  }
  // Before the listing: a client may go on from the token, and must not miss what came between.
  const tokens = self.kind === 'folder' ? await tokensOf(request, asked) : {};
  const members =
    depth === 1 && self.kind === 'folder' ? await drive.list(path, { signal, basis: keeping?.look() }) : [];
  if (asked.named.some(isCostly) || request.conditions.ifLists !== undefined) {
    keeping?.add(undefined);
  }
  const quota = asked.named.some(isQuotaProperty) ? await drive.quota(path, { signal }) : undefined;
  const sourcesOf = await propertySources(request, {
    locks: asksForLocks(asked),
    deadProperties: asksForDead(asked),
    principal: ownPrincipalHref(request),
  });
  const isWithoutRoot = wishes.isWithoutRoot && depth === 1 && self.kind === 'folder';
  const shown = isWithoutRoot ? undefined : self;
  const pieces = renderMultistatus(listed(request, sourcesOf, { self: shown, members, quota, tokens }), asked);
  const headers = { ...MULTISTATUS.headers, ...appliedPreferences(raw.headers, { ...wishes, isWithoutRoot }) };
  const notes = { entries: members.length + (shown === undefined ? 0 : 1) };
  request.note(notes);
  const keep = keeping && ((answer: Answer) => keeping.keep(response, { ...answer, notes }));
  await sendPieces(request, response, { ...MULTISTATUS, headers, keep }, pieces);
}

/**
 * A client that leaves Depth out wants one level, although RFC 4918 §9.1 says infinity (D11 of docs/webdav-server.md).
 */
function finiteDepth(depth: Depth | undefined): 0 | 1 {
  if (depth === 'infinity') {
    throw new DavError(403, 'PROPFIND with Depth infinity is not supported; list one level at a time', {
      condition: 'propfind-finite-depth',
    });
  }
  return depth ?? 1;
}

type Tokens = Pick<PropertySource, 'syncToken' | 'treeTag'>;

/** What stands for the state of a folder: the token of `sync-collection`, and the tag of its whole tree. */
async function tokensOf({ drive, path, signal }: DavRequest, { named }: Asked): Promise<Tokens> {
  return {
    syncToken: named.some(isSyncToken) ? await drive.syncToken(path, { signal }) : undefined,
    treeTag: named.some(isTreeTag) ? await drive.syncToken(path, { level: 'infinite', signal }) : undefined,
  };
}

interface ShownEntries {
  readonly self: Entry | undefined;
  readonly members: readonly Entry[];
  readonly quota: Quota | undefined;
  /** Of the entry itself. */
  readonly tokens: Tokens;
}

/** The entry itself first, unless it is not wanted, then its members in batches. Finder and rclone rely on this order. */
async function* listed(
  request: Pick<DavRequest, 'path' | 'names' | 'prefix'>,
  sourcesOf: SourcesOf,
  { self, members, quota, tokens }: ShownEntries,
): AsyncGenerator<readonly Listed[]> {
  const names = [...request.prefix, ...request.names];
  if (self !== undefined) {
    const [source] = await sourcesOf([{ path: request.path, entry: self, quota, ...tokens }]);
    yield [{ href: encodeHref(names, self.kind), source: source! }];
  }
  const folderHref = encodeHref(names, 'folder');
  for (let start = 0; start < members.length; start += LOOKUP_BATCH) {
    const some = members.slice(start, start + LOOKUP_BATCH);
    const sources = await sourcesOf(some.map(entry => ({ path: childPath(request.path, entry.name), entry, quota })));
    yield some.map((entry, index) => ({ href: encodeMemberHref(folderHref, entry), source: sources[index]! }));
  }
}

/** Reads the body (RFC 4918 §14.20). No body means allprop. Unknown elements are ignored (§17). */
export function readAsked(raw: IncomingMessage, body: XmlElement | undefined, withoutMissing: boolean): Asked {
  if (body === undefined) {
    return { namesOnly: false, named: [], all: allPropertiesFor(raw), withoutMissing };
  }
  if (body.namespace !== DAV_NAMESPACE || body.name !== 'propfind') {
    throw new DavError(400, 'the body of PROPFIND must be a DAV: propfind element');
  }
  const member = (name: string) =>
    body.children.find(child => child.namespace === DAV_NAMESPACE && child.name === name);
  const prop = member('prop');
  if (prop !== undefined) {
    return { namesOnly: false, named: uniqueNames(prop.children), all: undefined, withoutMissing };
  }
  if (member('propname') !== undefined) {
    return { namesOnly: true, named: [], all: ALL_PROPERTIES, withoutMissing };
  }
  if (member('allprop') === undefined) {
    throw new DavError(400, 'the propfind element asks for nothing: it needs prop, propname or allprop');
  }
  const all = allPropertiesFor(raw);
  const known = new Set(all.map(keyOfName));
  const named = uniqueNames(member('include')?.children ?? []).filter(property => !known.has(keyOfName(property)));
  return { namesOnly: false, named, all, withoutMissing };
}
