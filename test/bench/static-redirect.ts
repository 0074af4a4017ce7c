/**
 * `node static-redirect.ts LOCATION`: the least that a redirect can cost: node's own server, which looks at nothing.
 * Prints its URL.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const headers = {
  'X-Request-Id': '00000000-0000-0000-0000-000000000000',
  Location: process.argv[2]!,
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'Content-Length': '0',
};
const server = createServer((_request, response) => response.writeHead(302, headers).end());
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }));
});
