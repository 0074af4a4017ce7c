import type { ServerResponse } from 'node:http';

/**
 * Sends the client to another URL, to the letter. 308 is not offered: davfs2 does not follow it. The answer must not be
 * kept, since the URL lives about an hour; nor may the address of the file travel on in a Referer.
 */
export function sendRedirect(response: ServerResponse, url: string, status: 302 | 307): void {
  response.writeHead(status, {
    Location: url,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'Content-Length': '0',
  });
  response.end();
}
