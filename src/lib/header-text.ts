const LATIN1_BEYOND_ASCII = /[\u0080-\u00ff]/;
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * What the bytes of a request target or a header field mean as UTF-8; node gives them as Latin-1. Undefined when they
 * are no UTF-8: nobody can say then which name is meant (RFC 9110 §5.5 calls such bytes opaque data).
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
