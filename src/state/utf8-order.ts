/**
 * Compares like SQLite, by the bytes of UTF-8, and so by code point. `<` compares UTF-16 and puts U+10000 before
 * U+FFFD.
 */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
