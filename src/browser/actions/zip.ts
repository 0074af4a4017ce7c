import { pathKey } from '../../drive/path.ts';
import { encodeHref } from '../../webdav/href.ts';
import { BrowserError } from '../errors.ts';
import { sendJson } from '../headers.ts';
import type { Action } from '../request.ts';
import { chooseEntries } from '../zip/members.ts';
import type { ZipTickets } from '../zip/tickets.ts';

/** `?action=zip` `{names}` of a folder: where their zip is for a minute, when the names are too many for a URL. */
export function zipAction(tickets: ZipTickets): Action {
  return async ({ drive, path, names: href, prefix, signal, user }, response, input) => {
    const names = namesOf(input);
    // What is refused is said here: a download that fails is a page of its own.
    await chooseEntries({ drive, folder: path }, names, { signal });
    const ticket = await tickets.issue({ user, folder: pathKey(path), names });
    sendJson(response, 200, { href: `${encodeHref([...prefix, ...href], 'folder')}?view=zip&ticket=${ticket}` });
  };
}

function namesOf({ names }: Readonly<Record<string, unknown>>): readonly string[] {
  const isList = Array.isArray(names) && names.length > 0;
  if (!isList || !names.every(name => typeof name === 'string')) {
    throw new BrowserError(400, 'bad-request', 'names must be the names of members');
  }
  return names;
}
