import { urlOf } from './href.ts';
import { act, send } from './methods.ts';

/** A server, or a proxy before it, may refuse a longer one. */
const MAX_URL_LENGTH = 2_000;

/**
 * Returns where the zip of members of a folder is; without names, of all of it. What the server refuses it says here: a
 * download that fails says nothing. Throws RequestError.
 */
export async function zipHref(folder: string, names: readonly string[] = []): Promise<string> {
  const query = new URLSearchParams([['view', 'zip'], ...names.map(name => ['name', name])]);
  const href = `${folder}?${query}`;
  if (urlOf(href).length > MAX_URL_LENGTH) {
    return (await act<{ readonly href: string }>(folder, 'zip', { names })).href;
  }
  await send('HEAD', href);
  return href;
}
