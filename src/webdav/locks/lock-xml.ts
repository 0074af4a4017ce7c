import { LOCK_SCOPES, type LockScope, type StoredLock } from '../../state/lock-store.ts';
import { DavError } from '../errors.ts';
import { DAV_NAMESPACE } from '../xml/namespaces.ts';
import type { XmlElement } from '../xml/xml-reader.ts';
import { escapeXml, serializeElement } from '../xml/xml-writer.ts';

/** The longest `owner` element, in characters. Names and a URL fit in many times over. */
const MAX_OWNER_LENGTH = 4_096;

/** The lock that a LOCK body asks for. */
export interface LockInfo {
  readonly scope: LockScope;
  /** The `owner` element as XML, `''` when there is none. */
  readonly owner: string;
}

/**
 * Reads a `lockinfo` (RFC 4918 §14.11). Throws 400 for a malformed one, and 422 for a kind of lock that does not exist.
 */
export function readLockInfo(body: XmlElement): LockInfo {
  if (body.namespace !== DAV_NAMESPACE || body.name !== 'lockinfo') {
    throw new DavError(400, 'the body of LOCK must be a DAV: lockinfo element');
  }
  const wanted = choiceOf(body, 'lockscope');
  const type = choiceOf(body, 'locktype');
  if (wanted === undefined || type === undefined) {
    throw new DavError(400, 'lockinfo needs a lockscope and a locktype (RFC 4918 §14.11)');
  }
  const scope = LOCK_SCOPES.find(each => each === wanted);
  if (scope === undefined || type !== 'write') {
    throw new DavError(422, 'only exclusive and shared write locks are supported');
  }
  const owner = memberOf(body, 'owner');
  // With our own prefix: Windows 7 ignores elements that are in DAV: only by a default namespace.
  const text = owner === undefined ? '' : serializeElement({ ...owner, prefix: 'D' }, MAX_OWNER_LENGTH);
  if (text === undefined) {
    throw new DavError(400, `the owner of a lock must not be longer than ${MAX_OWNER_LENGTH} characters`);
  }
  return { scope, owner: text };
}

/** One lock as an element of `lockdiscovery` (RFC 4918 §14.1). `href` is the URL of its root. */
export function renderActiveLock(lock: StoredLock, { href, now }: { href: string; now: number }): string {
  const seconds = Math.max(0, Math.ceil((lock.expires - now) / 1000));
  return [
    '<D:activelock>',
    '<D:locktype><D:write/></D:locktype>',
    `<D:lockscope><D:${lock.scope}/></D:lockscope>`,
    `<D:depth>${lock.depth}</D:depth>`,
    lock.owner,
    `<D:timeout>Second-${seconds}</D:timeout>`,
    `<D:locktoken><D:href>${escapeXml(lock.token)}</D:href></D:locktoken>`,
    `<D:lockroot><D:href>${escapeXml(href)}</D:href></D:lockroot>`,
    '</D:activelock>',
  ].join('');
}

function memberOf({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find(child => child.namespace === DAV_NAMESPACE && child.name === name);
}

/** The name of the element that a choice such as `<lockscope><shared/></lockscope>` holds. */
function choiceOf(body: XmlElement, name: string): string | undefined {
  return memberOf(body, name)?.children.find(({ namespace }) => namespace === DAV_NAMESPACE)?.name;
}
