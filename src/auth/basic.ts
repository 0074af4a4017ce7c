export interface BasicCredentials {
  readonly name: string;
  readonly password: string;
}

/** A parsed Authorization header: none, an unsupported one, or Basic credentials in all possible readings. */
export type ParsedAuthorization =
  | { readonly kind: 'none' }
  | { readonly kind: 'other' }
  | { readonly kind: 'basic'; readonly readings: BasicCredentials[] };

/**
 * Parses an Authorization header. RFC 7617: the name ends at the first colon. The challenge asks for UTF-8; old clients
 * send Latin-1.
 */
export function parseAuthorization(header: string | undefined): ParsedAuthorization {
  if (header === undefined) {
    return { kind: 'none' };
  }
  const encoded = /^Basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header)?.[1];
  if (encoded === undefined) {
    return { kind: 'other' };
  }
  const bytes = Buffer.from(encoded, 'base64');
  const texts = [...new Set([bytes.toString('utf8'), bytes.toString('latin1')])];
  const readings = texts.flatMap(text => readPair(text) ?? []);
  return readings.length === 0 ? { kind: 'other' } : { kind: 'basic', readings };
}

function readPair(text: string): BasicCredentials | undefined {
  const colon = text.indexOf(':');
  if (colon < 1) {
    return undefined;
  }
  // Windows puts its domain or host before the name: DOMAIN\user.
  return { name: text.slice(0, colon).replace(/^[^\\]*\\/, ''), password: text.slice(colon + 1) };
}
