import { actOf } from '../act.ts';
import type { ItemAddress } from '../address.ts';
import { readConflictBehavior } from '../conflict-behavior.ts';
import { type Item, nameTaken } from '../drive-reader.ts';
import { time } from '../driveitem.ts';
import { type Exchange, now, type Reply, readJson } from '../exchange.ts';
import { readFileSystemInfo } from '../file-system-info.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseHeld } from '../held.ts';
import { checkIfMatch } from '../if-match.ts';
import { uploadUrl } from '../pre-authenticated.ts';
import type { UploadSession } from '../upload-sessions.ts';

/** `POST …/createUploadSession` (Graph docs): the options stand inside `item`. */
export async function driveitemCreateUploadSession(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world } = exchange;
  const { settings } = world;
  const { library } = address;
  const body = await readJson(exchange.request);
  const options = readOptions(body.item);
  const conflict = readConflictBehavior(exchange, options, {
    operation: 'driveItem-createUploadSession',
    byDefault: settings.sessionConflictDefault,
  });
  const { parent, name } = findPlace(address);
  const place = library.drive.place(parent, name, { isFolder: false, conflict });
  checkIfMatch(exchange, place.taken, 412);
  const { by } = actOf(exchange, address.caller);
  refuseHeld(place.taken, { by, content: { library, settings } });
  if (settings.secondSession === 'refused' && library.sessions.openFor(parent.key, name, now(exchange))) {
    // Whatever conflictBehavior says (onedrive-api-docs 747, 989, 1098).
    throw nameTaken();
  }
  library.drive.checkQuota(0);
  const session: UploadSession = {
    guid: settings.ids(),
    ...{ parent: parent.key, name, conflict, by },
    fileSystemInfo: readFileSystemInfo(options.fileSystemInfo),
    deferCommit: body.deferCommit === true || options.deferCommit === true,
    ifMatch: exchange.request.headers['if-match'],
    growing: world.blobs.begin(),
    total: undefined,
    expires: now(exchange) + settings.sessionLifeMs,
  };
  library.sessions.put(session);
  return {
    status: 200,
    json: {
      '@odata.context': `${exchange.url.origin}/v1.0/$metadata#microsoft.graph.uploadSession`,
      uploadUrl: uploadUrl(world, library, session),
      expirationDateTime: time(session.expires),
      nextExpectedRanges: ['0-'],
    },
  };
}

function findPlace({ library: { drive }, base, names }: ItemAddress): { parent: Item; name: string } {
  if (names === undefined || names.length === 0) {
    if (base.kind !== 'file') {
      throw new GraphFault('invalidRequest', 'File name not provided in url.');
    }
    return { parent: drive.parentOf(base)!, name: base.name };
  }
  return { parent: drive.walk(base, names.slice(0, -1)), name: names.at(-1)! };
}

/** Options that only OneDrive Personal knows are refused by Business. */
function readOptions(item: unknown = {}): Record<string, unknown> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new GraphFault('invalidRequest', 'The item must be an object.');
  }
  for (const name of ['fileSize', 'description', '@odata.type']) {
    if (name in item) {
      throw new GraphFault('invalidRequest', `Annotation or property '${name}' is not allowed on this request.`);
    }
  }
  return item as Record<string, unknown>;
}
