/** The file with which macOS gives a folder its own icon: the only name with a control character that clients send. */
const FOLDER_ICON = 'Icon\r';

/** The reason why a request path is refused; the text is safe to send to the client. */
export class UrlPathError extends Error {
  override readonly name = 'UrlPathError';
}

/**
 * Decodes the path of an origin-form request target or of a Destination into its names. Decodes percent-encoding once
 * per segment, drops empty segments (doubled and trailing slashes), and cuts off a query.
 *
 * Throws `UrlPathError` for a path that does not start with a slash, a fragment (RFC 9112 §3.2: never part of a
 * target), malformed percent-encoding or UTF-8, control characters (except in macOS's `Icon\\r`), a slash or backslash
 * inside a name, and for dot segments in any encoding (RFC 3986 §3.3, §6.2.2.3: a client resolves them before it sends;
 * one that does not is probing).
 */
export function decodeUrlPath(target: string): { names: string[]; trailingSlash: boolean } {
  const path = target.split('?', 1)[0]!;
  if (target.includes('#')) {
    throw new UrlPathError('the path contains a fragment; encode "#" as %23');
  }
  if (!path.startsWith('/')) {
    throw new UrlPathError('the path must start with "/"');
  }
  const names = path
    .split('/')
    .filter(segment => segment !== '')
    .map(decodeSegment);
  return { names, trailingSlash: path.endsWith('/') };
}

/** Returns why `decodeUrlPath` throws for `target`; undefined when it does not. */
export function objectionToUrlPath(target: string): string | undefined {
  try {
    decodeUrlPath(target);
    return undefined;
  } catch (error) {
    if (error instanceof UrlPathError) {
      return error.message;
    }
    throw error;
  }
}

function decodeSegment(segment: string): string {
  const name = percentDecode(segment);
  if (/[\u0000-\u001f\u007f]/.test(name) && name !== FOLDER_ICON) {
    throw new UrlPathError('the path contains a control character');
  }
  if (/[/\\]/.test(name)) {
    throw new UrlPathError('a name in the path contains a slash or backslash');
  }
  if (name === '.' || name === '..') {
    throw new UrlPathError('the path contains a dot segment');
  }
  return name;
}

function percentDecode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new UrlPathError('the path is not percent-encoded UTF-8');
  }
}
