import type { ItemAddress } from '../address.ts';
import type { ConflictBehavior, FileSystemInfo, Item, UploadSession } from '../drive.ts';
import { time } from '../driveitem.ts';
import { type Exchange, now, type Reply, readJson } from '../exchange.ts';
import { readFileSystemInfo } from '../file-system-info.ts';
import { GraphFault } from '../graph-error.ts';
import { checkIfMatch } from '../if-match.ts';
import { uploadUrl } from '../pre-authenticated.ts';

/** How long a session lives without a fragment; not documented, days for Business in practice. */
export const SESSION_LIFE_MS = 24 * 60 * 60 * 1000;

/** `POST …/createUploadSession` (Graph docs): the options stand inside `item`. */
export async function driveitemCreateUploadSession(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world } = exchange;
  const { drive } = address.library;
  const body = await readJson(exchange.request);
  const options = (body.item ?? {}) as Record<string, unknown>;
  refusePersonalOptions(options);
  const given = options['@microsoft.graph.conflictBehavior'];
  world.strict.checkConflictBehavior(given, 'driveItem-createUploadSession');
  const { parent, name } = findPlace(address);
  const conflict = (given ?? 'fail') as ConflictBehavior;
  const place = drive.place(parent, name, { isFolder: false, conflict });
  checkIfMatch(exchange, place.taken, 412);
  drive.checkQuota(0);
  const session: UploadSession = {
    guid: world.settings.ids(),
    parentId: parent.id,
    name,
    conflict,
    fileSystemInfo: readFileSystemInfo(options.fileSystemInfo) as FileSystemInfo | undefined,
    deferCommit: body.deferCommit === true,
    ifMatch: exchange.request.headers['if-match'],
    growing: world.blobs.begin(),
    total: undefined,
    expires: now(exchange) + SESSION_LIFE_MS,
    busy: false,
  };
  drive.sessions.set(session.guid, session);
  return {
    status: 200,
    json: {
      '@odata.context': `${exchange.url.origin}/v1.0/$metadata#microsoft.graph.uploadSession`,
      uploadUrl: uploadUrl(world, address.library, session),
      expirationDateTime: time(session.expires),
      nextExpectedRanges: ['0-'],
    },
  };
}

function findPlace({ library, base, names }: ItemAddress): { parent: Item; name: string } {
  if (names === undefined || names.length === 0) {
    if (base.blob === undefined) {
      throw new GraphFault('invalidRequest', 'File name not provided in url.');
    }
    return { parent: library.drive.get(base.parentId!), name: base.name };
  }
  return { parent: library.drive.walk(base, names.slice(0, -1)), name: names.at(-1)! };
}

/** Options that only OneDrive Personal knows are refused by Business. */
function refusePersonalOptions(options: Record<string, unknown>): void {
  for (const name of ['fileSize', 'description', '@odata.type']) {
    if (name in options) {
      throw new GraphFault('invalidRequest', `Annotation or property '${name}' is not allowed on this request.`);
    }
  }
}
