import type { ServerResponse } from 'node:http';

/**
 * 302 to a pre-authenticated URL, to the letter. Not 307 or 308, which davfs2 does not follow. The answer must not be kept: the URL
 * lives about an hour; nor may the address of the file travel on in a Referer.
 */
export function sendRedirect(response: ServerResponse, url: string): void {
  response.writeHead(302, {
    Location: url,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'Content-Length': '0',
  });
  response.end();
}
