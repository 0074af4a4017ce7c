/**
 * The headers of a redirect to another URL, verbatim. 308 is not offered: davfs2 does not follow it. The answer must not
 * be cached, since the URL lives about an hour, and the file's address must not be sent in a Referer.
 */
export function redirectHeaders(url: string): Record<string, string> {
  return { Location: url, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'Content-Length': '0' };
}
