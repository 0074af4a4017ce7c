/** Hides the text before the last @ of a URL's host: a user name, a password, or a token. */
export function maskUrlCredentials(text: string): string {
  return text.replaceAll(/(https?:\/\/)[^/\s]*@/gi, '$1…@');
}

/** Hides password hashes, from which passwords could be guessed. */
export function maskHashes(text: string): string {
  return text.replaceAll(/(passwordHash: ).*/g, '$1"…"');
}
