import { sendBody } from '../../downloads/proxy.ts';
import { DriveError } from '../../drive/errors.ts';
import { baseName, pathKey } from '../../drive/path.ts';
import { BrowserError } from '../errors.ts';
import { attachmentOf, BYTES_HEADERS } from '../headers.ts';
import type { BrowserRequest, View } from '../request.ts';
import { chooseEntries, type Member, membersOf } from '../zip/members.ts';
import { packZip } from '../zip/pack.ts';
import type { ZipTickets } from '../zip/tickets.ts';

/**
 * `?view=zip[&name=…]*` or `&ticket=…` of a folder: its members, or those of these names, as one zip (APPNOTE 6.3, with
 * zip64). What is known to be refused is an error answer; a failure later breaks the connection, so that half a zip is
 * never taken for a whole one.
 */
export function zipView(tickets: ZipTickets): View {
  return async (request, response) => {
    const { drive, path: folder, signal, services } = request;
    const names = await namesOf(request, tickets);
    const entries = await chooseEntries({ drive, folder }, names, { signal });
    const [only] = names.length === 1 ? entries : [];
    const headers = {
      ...BYTES_HEADERS,
      'Cache-Control': 'no-store',
      'Content-Type': 'application/zip',
      'Content-Disposition': attachmentOf(`${only?.name ?? nameOf(request)}.zip`),
    };
    if (request.method === 'HEAD') {
      response.writeHead(200, headers).end();
      return;
    }
    const members = whileOpen(membersOf({ drive, folder, entries }, { signal }), request);
    let bytes = 0;
    try {
      await sendBody(response, { status: 200, headers }, counted(packZip({ drive, members, signal })));
    } finally {
      services.downloads.sent({ way: 'proxy', reason: 'zip' }, bytes);
    }

    async function* counted(zip: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const part of zip) {
        bytes += part.length;
        yield part;
      }
    }
  };
}

/** A zip can take hours; a share that has ended gives nothing more of it. */
async function* whileOpen(
  members: AsyncIterable<Member>,
  { isOpenStill }: Pick<BrowserRequest, 'isOpenStill'>,
): AsyncGenerator<Member> {
  for await (const member of members) {
    if (isOpenStill !== undefined && !(await isOpenStill())) {
      throw new DriveError('forbidden', 'the share has ended while its zip was made');
    }
    yield member;
  }
}

/** The name of the folder; that of a share stands in its place, where the URL has the token. */
function nameOf({ path, part }: Pick<BrowserRequest, 'path' | 'part'>): string {
  return (path.length === 1 && part?.name) || baseName(path) || 'files';
}

async function namesOf({ query, user, path }: BrowserRequest, tickets: ZipTickets): Promise<readonly string[]> {
  const ticket = query.get('ticket');
  if (ticket === null) {
    return query.getAll('name');
  }
  const names = await tickets.namesOf(ticket, { user, folder: pathKey(path) });
  if (names === undefined) {
    throw new BrowserError(404, 'not-found', 'the selection is too old; select again');
  }
  return names;
}
