import type { ServerResponse } from 'node:http';
import type { Changes, SyncLevel } from '../../drive/changes.ts';
import type { Entry } from '../../drive/entry.ts';
import { checkConditions, hasConditions } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import { parseDepth } from '../headers/depth.ts';
import { appliedPreferences, parsePreferences } from '../headers/prefer.ts';
import { encodeHref } from '../href.ts';
import { ownPrincipalHref } from '../principal-href.ts';
import { isQuotaProperty } from '../properties/live-properties.ts';
import { type Asked, asksForDead, asksForLocks } from '../properties/multistatus.ts';
import { propertySources } from '../properties/property-source.ts';
import { renderSyncMultistatus } from '../properties/sync-multistatus.ts';
import { uniqueNames } from '../properties/unique-names.ts';
import { type DavRequest, headerOf } from '../request.ts';
import { sendPieces } from '../send-pieces.ts';
import { DAV_NAMESPACE } from '../xml/namespaces.ts';
import { readXml, type XmlElement } from '../xml/xml-reader.ts';

type Told = Extract<Changes, { kind: 'changes' }>;

/** What a client asks for with `sync-collection` (RFC 6578 §6.1). */
interface SyncQuery {
  readonly since: string | undefined;
  readonly level: SyncLevel;
  readonly limit: number | undefined;
  readonly asked: Asked;
}

/**
 * REPORT (RFC 3253 §3.6). There is one report, `sync-collection` (RFC 6578 §3.2): what has changed in a folder since a
 * token, in the properties that the client asks for.
 */
export async function report(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, raw, services } = request;
  const body = await readXml(request, services.maxXmlBytes);
  const self = await drive.stat(path, { signal });
  if (body === undefined) {
    throw new DavError(400, 'the body of REPORT must name a report');
  }
  refuseUnsupported(request, self, body);
  const wishes = parsePreferences(raw.headers);
  const query = readQuery(request, body, wishes.isMinimal);
  if (hasConditions(request.conditions)) {
    await checkConditions(request, self);
  }
  const told = refuseFailure(await drive.changes(path, { ...query, signal }));
  const { asked } = query;
  const quota = asked.named.some(isQuotaProperty) ? await drive.quota(path, { signal }) : undefined;
  const sourcesOf = await propertySources(request, {
    locks: asksForLocks(asked),
    deadProperties: asksForDead(asked),
    principal: ownPrincipalHref(request),
  });
  const headers = {
    'Content-Type': 'application/xml; charset=utf-8',
    'Cache-Control': 'no-store',
    ...appliedPreferences(raw.headers, { isMinimal: wishes.isMinimal }),
  };
  const above = [...request.prefix, ...request.names];
  const hrefOf = (names: readonly string[], kind: Entry['kind']) => encodeHref([...above, ...names], kind);
  const pieces = renderSyncMultistatus(told, { folder: path, hrefOf, asked, sourcesOf, quota });
  await sendPieces(request, response, { status: 207, headers }, pieces);
}

/** Throws 403 for another report, and where this one is not to be had. */
function refuseUnsupported({ drive, path }: DavRequest, { kind }: Entry, { namespace, name }: XmlElement): void {
  if (namespace !== DAV_NAMESPACE || name !== 'sync-collection' || kind === 'file' || !drive.tellsChanges(path)) {
    throw unsupported();
  }
}

function unsupported(): DavError {
  return new DavError(403, 'this report is not supported here', { condition: 'supported-report' });
}

function refuseFailure(told: Changes): Told {
  switch (told.kind) {
    case 'changes':
      return told;
    case 'unsupported':
      throw unsupported();
    case 'invalid-token':
      throw new DavError(403, 'the sync token is not valid any more; begin with an empty one', {
        condition: 'valid-sync-token',
      });
    case 'too-many':
      throw new DavError(507, 'the folder has more members than can be followed', {
        condition: 'number-of-matches-within-limits',
      });
  }
}

/** Throws 400 for a query that RFC 6578 does not allow. A client without a token may leave its element out. */
function readQuery({ raw }: DavRequest, body: XmlElement, withoutMissing: boolean): SyncQuery {
  // RFC 6578 §3.2: the depth of the report is 0, whatever the level of the synchronisation is.
  if ((parseDepth(headerOf(raw, 'depth')) ?? 0) !== 0) {
    throw new DavError(400, 'sync-collection goes with Depth 0; its sync-level says how deep it goes (RFC 6578 §3.2)');
  }
  const member = (name: string) =>
    body.children.find(child => child.namespace === DAV_NAMESPACE && child.name === name);
  const prop = member('prop');
  if (prop === undefined) {
    throw new DavError(400, 'a sync-collection report must name properties');
  }
  return {
    since: member('sync-token')?.text.trim() || undefined,
    level: readLevel(member('sync-level')?.text.trim()),
    limit: readLimit(member('limit')),
    asked: { namesOnly: false, named: uniqueNames(prop.children), all: undefined, withoutMissing },
  };
}

/** RFC 6578 §6.3. Some libraries write `infinity`, as the Depth header has it. */
function readLevel(text: string | undefined): SyncLevel {
  switch (text) {
    case '1':
      return 1;
    case 'infinite':
    case 'infinity':
      return 'infinite';
    default:
      throw new DavError(400, 'the sync-level must be 1 or infinite');
  }
}

/** RFC 5323 §5.17. An answer without any change cannot bring the client on (RFC 6578 §3.7). */
function readLimit(element: XmlElement | undefined): number | undefined {
  if (element === undefined) {
    return undefined;
  }
  const text = element.children.find(({ name }) => name === 'nresults')?.text.trim() ?? '';
  if (!/^\d{1,9}$/.test(text)) {
    throw new DavError(400, 'the limit must be a number of results');
  }
  if (Number(text) === 0) {
    throw new DavError(507, 'no answer is that short', { condition: 'number-of-matches-within-limits' });
  }
  return Number(text);
}
