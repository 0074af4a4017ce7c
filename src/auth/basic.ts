export interface BasicCredentials {
  readonly name: string;
  readonly password: string;
}

/**
 * What an Authorization header is: none, something that we do not take, or Basic credentials in every way to read them.
 */
export type ParsedAuthorization =
  | { readonly kind: 'none' }
  | { readonly kind: 'other' }
  | { readonly kind: 'basic'; readonly readings: BasicCredentials[] };

/**
 * RFC 7617: everything up to the first colon is the name. UTF-8 is promised by the challenge; old clients send Latin-1.
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
  // Windows puts its domain or host in front of the name: DOMAIN\user.
  return { name: text.slice(0, colon).replace(/^[^\\]*\\/, ''), password: text.slice(colon + 1) };
}
