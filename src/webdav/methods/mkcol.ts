import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Entry } from '../../drive/entry.ts';
import { isDriveError } from '../../drive/errors.ts';
import { checkConditions, hasConditions, statOrNull } from '../check-conditions.ts';
import { refuseCodings } from '../content-codings.ts';
import { DavError, wordsOf } from '../errors.ts';
import { changing } from '../locks/lock-guard.ts';
import { allowAt, offerAt } from '../method-table.ts';
import { applyUpdate } from '../properties/dead-properties.ts';
import {
  type Instruction,
  planUpdate,
  readInstructions,
  renderOutcome,
  type UpdatePlan,
} from '../properties/property-update.ts';
import { type DavRequest, type RequestPart, treeNames } from '../request.ts';
import { sendEmpty, sendXml } from '../respond.ts';
import { DAV_NAMESPACE } from '../xml/namespaces.ts';
import { parseXmlBytes, readBody, type XmlElement } from '../xml/xml-reader.ts';

/** The cleanup goes on although the client has gone. */
const TIDY_TIMEOUT_MS = 60_000;

/**
 * MKCOL (RFC 4918 §9.3): 201; 405 when the path is taken, 409 without a parent, 415 with a body of an unknown kind. A
 * body of RFC 5689 sets properties of the new collection in the same step. If they cannot be set, no collection is
 * made.
 */
export async function mkcol(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal } = request;
  const plan = await readPlan(request.raw, request.services.maxXmlBytes);
  if (hasConditions(request.conditions)) {
    await checkConditions(request, await statOrNull(drive, path, { signal }));
  }
  const make = async () => {
    const entry = await makeCollection(request);
    if (plan !== undefined) {
      await applyUpdateOrUndo(request, entry, plan);
    }
  };
  if (plan === undefined || plan.refusals.size === 0) {
    await changing(request, [[path, 'new']], make);
  }
  if (plan === undefined) {
    sendEmpty(response, 201);
    return;
  }
  const status = plan.refusals.size === 0 ? 201 : 424;
  sendXml(response, status, `<D:mkcol-response xmlns:D="DAV:">${renderOutcome(plan)}</D:mkcol-response>`);
}

async function applyUpdateOrUndo(
  request: RequestPart<'drive' | 'path' | 'names' | 'part' | 'signal', 'properties' | 'log'>,
  entry: Entry,
  plan: UpdatePlan,
): Promise<void> {
  try {
    await applyUpdate(request, request.path, entry, plan);
  } catch (error) {
    await takeBack(request);
    throw error;
  }
}

/** Removes the new folder, unless another client has put something into it meanwhile. */
async function takeBack(request: RequestPart<'drive' | 'path' | 'names' | 'part', 'log'>): Promise<void> {
  const { drive, path, services } = request;
  const signal = AbortSignal.timeout(TIDY_TIMEOUT_MS);
  try {
    if ((await drive.list(path, { signal })).length === 0) {
      await drive.remove(path, { signal });
    }
  } catch (error) {
    services.log.warn(
      { err: error, path: `/${treeNames(request).join('/')}` },
      'a new folder could not get its properties, and could not be removed again',
    );
  }
}

async function makeCollection({ drive, path, signal }: Pick<DavRequest, 'drive' | 'path' | 'signal'>): Promise<Entry> {
  try {
    return await drive.makeFolder(path, { signal });
  } catch (error) {
    if (isDriveError(error, 'exists')) {
      throw new DavError(405, wordsOf(error), {
        headers: allowAt('file', offerAt({ drive, path })),
        cause: error,
      });
    }
    throw error;
  }
}

/** The properties of the new collection; undefined for a plain MKCOL. Throws 400, 403, 415. */
async function readPlan(raw: IncomingMessage, maxXmlBytes: number): Promise<UpdatePlan | undefined> {
  refuseCodings(raw);
  const bytes = await readBody(raw, maxXmlBytes);
  if (bytes.length === 0) {
    // Proxies pass an empty body on as a chunked one (Traefik, cloudflared).
    return undefined;
  }
  const isXml = /^(application|text)\/xml\b/i.test(raw.headers['content-type'] ?? '');
  const body = isXml ? parseXmlBytes(bytes) : undefined;
  if (body?.namespace !== DAV_NAMESPACE || body.name !== 'mkcol') {
    throw new DavError(415, 'MKCOL takes no body, or a DAV: mkcol element (RFC 5689)');
  }
  const instructions = readInstructions(body, 'mkcol');
  checkResourceType(instructions);
  return planUpdate(
    instructions.filter(({ property }) => !isResourceType(property)),
    [],
  );
}

/** RFC 5689 §3.3: plain collections are the only kind that this server has. */
function checkResourceType(instructions: readonly Instruction[]): void {
  const kinds = instructions
    .filter(({ property }) => isResourceType(property))
    .flatMap(({ property }) => property.children);
  if (kinds.some(({ namespace, name }) => namespace !== DAV_NAMESPACE || name !== 'collection')) {
    throw new DavError(403, 'MKCOL can make plain collections only', { condition: 'valid-resourcetype' });
  }
}

function isResourceType({ namespace, name }: XmlElement): boolean {
  return namespace === DAV_NAMESPACE && name === 'resourcetype';
}
