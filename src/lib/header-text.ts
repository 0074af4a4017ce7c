const LATIN1_BEYOND_ASCII = /[\u0080-\u00ff]/;
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes the bytes of a request target or a header field, which Node passes as Latin-1, as UTF-8. Returns undefined
 * when they are not UTF-8: then the name is ambiguous (RFC 9110 §5.5 calls such bytes opaque data).
 */
export function readUtf8(latin1: string): string | undefined {
  if (!LATIN1_BEYOND_ASCII.test(latin1)) {
    return latin1;
  }
  try {
    return UTF_8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return undefined;
  }
}
