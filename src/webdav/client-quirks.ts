import type { Entry } from '../drive/entry.ts';
import { namesType } from './headers/accept.ts';
import { holderOf } from './lock-guard.ts';
import { isHeldBy } from './locks.ts';
import { ALL_PROPERTIES, type PropertyName } from './properties.ts';
import { type DavRequest, headerOf, placeOf } from './request.ts';

/** What Explorer can use of `allprop`; it asks for all, and drops a folder whose answer is over 1 MB. */
const EXPLORER_PROPERTIES = ALL_PROPERTIES.filter(
  ({ name }) => !['displayname', 'getcontenttype', 'lockdiscovery', 'supportedlock'].includes(name),
);

/**
 * Windows Explorer (`Microsoft-WebDAV-MiniRedir/10.0`; `DavClnt` on its first request) refuses answers of more than
 * `FileAttributesLimitInBytes`, 1 MB by default (Microsoft, "Using the WebDAV Redirector"): with these properties an entry takes less than
 * 500 bytes. Everyone else gets what RFC 4918 §9.1 means by allprop.
 */
export function allPropertiesFor(request: DavRequest): readonly PropertyName[] {
  const isExplorer = /^(Microsoft-WebDAV-MiniRedir\/|DavClnt)/i.test(headerOf(request, 'user-agent') ?? '');
  return isExplorer ? EXPLORER_PROPERTIES : ALL_PROPERTIES;
}

/**
 * davfs2 (1.7.0, `webdav.c`) locks a name that is free and then writes it with `If-None-Match: *`. RFC 4918 §7.3 has made it an empty file
 * in between; to the holder of that lock it is still the free name that it asked for.
 */
export function isOwnPlaceholder(request: DavRequest, entry: Entry | null): entry is Entry {
  const { locks, clock } = request.services;
  const holder = holderOf(request);
  return (
    entry !== null &&
    locks
      .covering(placeOf(request, request.path), clock.now())
      .some(lock => isHeldBy(lock, holder) && lock.bornAs === entry.etag)
  );
}

/**
 * Explorer sets the `Win32…` properties of a file that it has open with or without its lock's token (sabre/dav, "Microsoft Office"): for
 * these alone the user's own lock is no obstacle.
 */
export function isOwnLockEnough(request: DavRequest, names: readonly PropertyName[]): boolean {
  const { locks, clock } = request.services;
  return (
    names.every(({ name }) => name.startsWith('Win32')) &&
    locks.covering(placeOf(request, request.path), clock.now()).some(({ user }) => user === request.user)
  );
}

/**
 * A folder is a page to browsers: they ask for text/html by name, and WebDAV clients do not. KIO is the exception: it does so in every
 * request (seen with 5.103) and would take the page for the content of a file, where it knows how to read a refusal.
 */
export function wantsPage(request: DavRequest): boolean {
  return namesType(headerOf(request, 'accept'), 'text/html') && !/\bKIO\//.test(headerOf(request, 'user-agent') ?? '');
}
