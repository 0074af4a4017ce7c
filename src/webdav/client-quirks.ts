import type { IncomingMessage } from 'node:http';
import type { Entry } from '../drive/entry.ts';
import { isHeldBy } from '../state/lock-rules.ts';
import type { Holder } from '../state/lock-store.ts';
import { namesType } from './headers/accept.ts';
import { parseLockToken } from './headers/lock-token.ts';
import { locksAt } from './locks/locks-at.ts';
import { ALL_PROPERTIES, type PropertyName } from './properties/live-properties.ts';
import { headerOf, type RequestPart } from './request.ts';
import { MICROSOFT_NAMESPACE } from './xml/namespaces.ts';

/**
 * The properties of `allprop` that Explorer can use. It asks for all of them, and drops a folder whose answer is over 1
 * MB.
 */
const EXPLORER_PROPERTIES = ALL_PROPERTIES.filter(
  ({ name }) => !['displayname', 'getcontenttype', 'lockdiscovery', 'supportedlock'].includes(name),
);

/**
 * The properties that `allprop` means for this client. Windows Explorer (`Microsoft-WebDAV-MiniRedir/10.0`; `DavClnt`
 * on its first request) refuses answers of more than `FileAttributesLimitInBytes`, 1 MB by default (Microsoft, "Using
 * the WebDAV Redirector"). With its shorter list an entry takes less than 500 bytes. All other clients get the
 * properties of RFC 4918 §9.1.
 */
export function allPropertiesFor(raw: IncomingMessage): readonly PropertyName[] {
  const isExplorer = agentMatches(raw, /^(Microsoft-WebDAV-MiniRedir\/|DavClnt)/i);
  return isExplorer ? EXPLORER_PROPERTIES : ALL_PROPERTIES;
}

/**
 * True when the entry is the empty file that this holder's own LOCK has made. davfs2 (1.7.0, `webdav.c`) locks a free
 * name and then writes it with `If-None-Match: *`. By RFC 4918 §7.3 the LOCK has made an empty file in between. For the
 * holder of that lock the name still counts as free.
 */
export async function isOwnPlaceholder(
  request: RequestPart<'drive' | 'path', 'locks' | 'clock'>,
  holder: Holder,
  { etag }: Entry,
): Promise<boolean> {
  const locks = await locksAt(request, request.path);
  return locks.some(lock => isHeldBy(lock, holder) && lock.bornAs === etag);
}

/**
 * True when the user's own lock is no obstacle to setting these properties. Explorer sets the `Win32…` properties of a
 * file that it has open, with or without the token of its lock (sabre/dav, "Microsoft Office").
 */
export async function isOwnLockEnough(
  request: RequestPart<'drive' | 'path' | 'user', 'locks' | 'clock'>,
  names: readonly PropertyName[],
): Promise<boolean> {
  const isQuirk = names.every(({ namespace, name }) => namespace === MICROSOFT_NAMESPACE && name.startsWith('Win32'));
  return isQuirk && (await locksAt(request, request.path)).some(({ user }) => user === request.user);
}

/**
 * True when the client gets a folder as a page. Browsers ask for text/html by name; WebDAV clients do not. KIO is an
 * exception: it names text/html in every request (seen with 5.103). It would take the page for the content of a file,
 * but it understands a refusal. lftp (4.9.2 as Debian builds it) does not ask for text/html, and can list folders only
 * from a page.
 */
export function wantsPage(raw: IncomingMessage): boolean {
  if (agentMatches(raw, /^lftp\//)) {
    return true;
  }
  return namesType(headerOf(raw, 'accept'), 'text/html') && !agentMatches(raw, /\bKIO\//);
}

/**
 * The tokens of the locks below the request's path, for Finder only. Finder (webdavfs, `webdav_network.c`) renames and
 * deletes a folder with the tokens of the documents that are open in it, as if they were the folder's own. By RFC 4918
 * §10.4.3 no list would hold, and the rename would fail as long as any document is open.
 */
export async function tokensFromBelow(
  request: RequestPart<'drive' | 'path' | 'raw', 'locks' | 'clock'>,
): Promise<string[]> {
  const locks = isFinder(request.raw) ? await locksAt(request, request.path, { members: true }) : [];
  return locks.map(({ token }) => token);
}

/**
 * True when an UNLOCK of a lock that does not exist succeeds. After a MOVE Finder unlocks the document at its new
 * place, but the MOVE has ended the lock (RFC 4918 §7.6). From a 409 Finder concludes that the file is gone.
 */
export function isUnlockOfNothingFine(raw: IncomingMessage): boolean {
  return isFinder(raw);
}

/**
 * The token of a Lock-Token header in a PUT of Microsoft Office. Word 2016 saves with this header and without an If
 * header (sabre-io/dav#980).
 */
export function tokensInLockTokenHeader(raw: IncomingMessage): string[] {
  const header = headerOf(raw, 'lock-token');
  const isOffice = agentMatches(raw, /\bMicrosoft (Office|Word|Excel|PowerPoint)\b/i);
  return raw.method === 'PUT' && header !== undefined && isOffice ? [parseLockToken(header)] : [];
}

function isFinder(raw: IncomingMessage): boolean {
  return agentMatches(raw, /^WebDAVFS\//);
}

function agentMatches(raw: IncomingMessage, pattern: RegExp): boolean {
  return pattern.test(headerOf(raw, 'user-agent') ?? '');
}
