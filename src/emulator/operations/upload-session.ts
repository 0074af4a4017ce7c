import { checkOutNew } from '../check-out.ts';
import { notFound } from '../drive-reader.ts';
import { cTag, eTag, ItemRenderer, time } from '../driveitem.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseHeld } from '../held.ts';
import { checkPreAuthenticated } from '../pre-authenticated.ts';
import type { Library } from '../site.ts';
import type { UploadSession } from '../upload-sessions.ts';

const FRAGMENT_UNIT = 320 * 1024;
const MAX_FRAGMENT_BYTES = 60 * 1024 * 1024;

interface Fragment {
  readonly start: number;
  readonly end: number;
  readonly total: number;
}

/** `PUT uploadUrl`: one fragment; the last one commits (Graph docs, "Upload large files with an upload session"). */
export async function uploadFragment(exchange: Exchange): Promise<Reply> {
  const { library, session } = findSession(exchange);
  const { world, request } = exchange;
  const { sessions } = library;
  const fragment = readFragment(exchange);
  checkFragment(exchange, session, { ...fragment, isBusy: sessions.isBusy(session.guid) });
  const length = fragment.end - fragment.start + 1;
  const growing = await sessions.hold(session.guid, () => world.blobs.append(session.growing, request, length));
  if (sessions.get(session.guid) === undefined) {
    // Cancelled, or expired, while the bytes came.
    throw sessionNotFound();
  }
  const grown = { ...session, growing, total: fragment.total, expires: now(exchange) + world.settings.sessionLifeMs };
  sessions.put(grown);
  return growing.size === grown.total && !grown.deferCommit
    ? commit(exchange, library, grown)
    : { status: 202, json: renderStatus(grown) };
}

/** `POST uploadUrl` without a body: commits a session that was opened with `deferCommit`. */
export function uploadSessionCommit(exchange: Exchange): Reply {
  const { library, session } = findSession(exchange);
  if (!session.deferCommit || session.growing.size !== session.total) {
    throw new GraphFault('invalidRequest', 'The upload session is incomplete.', {
      innerCode: 'uploadSessionIncomplete',
    });
  }
  return commit(exchange, library, session);
}

/** `GET uploadUrl`: the missing ranges. */
export function uploadSessionStatus(exchange: Exchange): Reply {
  return { status: 200, json: renderStatus(findSession(exchange).session) };
}

/** `DELETE uploadUrl`: drops the session and its bytes. */
export async function uploadSessionCancel(exchange: Exchange): Promise<Reply> {
  const { library, session } = findSession(exchange);
  library.sessions.delete(session.guid);
  await exchange.world.blobs.drop(session.growing.name);
  return { status: 204 };
}

function findSession(exchange: Exchange): { library: Library; session: UploadSession } {
  const { library, item } = checkPreAuthenticated(exchange, 'upload');
  const session = library.sessions.get(item);
  if (session === undefined || session.expires <= now(exchange)) {
    library.sessions.delete(item);
    if (session !== undefined) {
      void exchange.world.blobs.drop(session.growing.name);
    }
    throw sessionNotFound();
  }
  return { library, session };
}

function sessionNotFound(): GraphFault {
  return new GraphFault('itemNotFound', 'The upload session was not found', { innerCode: 'uploadSessionNotFound' });
}

function readFragment({ request }: Exchange): Fragment {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(request.headers['content-range'] ?? '');
  if (match === null) {
    throw new GraphFault('invalidRequest', 'The Content-Range header is missing or malformed.');
  }
  const [start, end, total] = match.slice(1).map(Number) as [number, number, number];
  if (request.headers['content-length'] === undefined) {
    throw new GraphFault('lengthRequired', 'Content-Length is required.');
  }
  if (total === 0 || end < start || end >= total || Number(request.headers['content-length']) !== end - start + 1) {
    throw new GraphFault(
      'invalidRequest',
      'The Content-Range header length does not match the provided number of bytes.',
    );
  }
  return { start, end, total };
}

function checkFragment(
  { world }: Exchange,
  session: UploadSession,
  { start, end, total, isBusy }: Fragment & { isBusy: boolean },
): void {
  const length = end - start + 1;
  if (session.total !== undefined && total !== session.total) {
    throw invalidRange('The total length differs from earlier fragments.', 'fragmentLengthMismatch');
  }
  if (length >= MAX_FRAGMENT_BYTES) {
    throw invalidRange('The fragment is too long.', 'maxFragmentLengthExceeded');
  }
  if (start < session.growing.size) {
    throw invalidRange('Uploaded fragment overlaps with existing data.', 'fragmentOverlap');
  }
  if (start > session.growing.size || isBusy) {
    throw invalidRange('Uploaded fragment is out of order.', 'fragmentOutOfOrder');
  }
  if (world.strict.rules.fragmentSize && end + 1 < total && length % FRAGMENT_UNIT !== 0) {
    world.strict.report('fragment-size', `a fragment of ${length} bytes is not a multiple of ${FRAGMENT_UNIT}`);
  }
}

function commit(exchange: Exchange, library: Library, session: UploadSession): Reply {
  const { world } = exchange;
  const { drive, sessions } = library;
  const parent = drive.store.byKey(session.parent);
  if (parent === undefined) {
    throw notFound();
  }
  const place = drive.place(parent, session.name, { isFolder: false, conflict: session.conflict });
  if (
    session.ifMatch !== undefined &&
    (place.taken === undefined || ![eTag(place.taken), cTag(place.taken)].includes(session.ifMatch))
  ) {
    throw new GraphFault('resourceModified', "ETag does not match current item's value");
  }
  const { guid, by, fileSystemInfo } = session;
  refuseHeld(place.taken, { by, content: { library, settings: world.settings } });
  const blob = world.blobs.finish(session.growing);
  const act = { by, now: now(exchange) };
  const put = drive.putContent(parent, place, { blob, guid, fileSystemInfo, ...act });
  const item = checkOutNew(library, put, { ...act, isNew: place.taken === undefined });
  sessions.delete(guid);
  world.office.written(library, item);
  const status = place.taken === undefined ? 201 : 200;
  return world.settings.emptyCommitBody ? { status } : { status, json: new ItemRenderer(world, library).render(item) };
}

/** Returns the missing ranges, closed once the total is known (onedrive-api-docs 342, 1273). */
function renderStatus({ growing, total, expires }: UploadSession): Record<string, unknown> {
  const missing = total === undefined ? ['0-'] : total === growing.size ? [] : [`${growing.size}-${total - 1}`];
  return { expirationDateTime: time(expires), nextExpectedRanges: missing };
}

function invalidRange(message: string, innerCode: string): GraphFault {
  return new GraphFault('invalidRange', message, { innerCode });
}
