import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { FrontResponse } from '../../src/http/front-response.ts';

/** What a client gets of an answer with an id. */
async function headersOf(answer: (response: ServerResponse) => void, id: string | undefined = 'the id') {
  const server = createServer({ ServerResponse: FrontResponse }, (_, response) => {
    response.requestId = id;
    answer(response);
    response.end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { statusCode, headers, body } = await request(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await body.dump();
  await new Promise(resolve => server.close(resolve).closeAllConnections());
  const { date: _, connection: __, 'keep-alive': ___, 'content-length': ____, ...own } = headers;
  return { statusCode, ...own, 'transfer-encoding': undefined };
}

describe('an answer', () => {
  const all = { 'x-request-id': 'the id', 'x-a': 'a', 'www-authenticate': ['one', 'two'] };
  const own = { 'X-A': 'a', 'WWW-Authenticate': ['one', 'two'] };

  it.each<[string, number, (response: ServerResponse) => unknown]>([
    ['with its head', 404, response => response.writeHead(404, own)],
    ['with a reason', 404, response => response.writeHead(404, 'Gone', own)],
    ['with a list', 404, response => response.writeHead(404, ['X-A', 'a', 'WWW-Authenticate', ['one', 'two']])],
    [
      'set before',
      404,
      response => response.setHeader('X-A', 'a').writeHead(404, { 'WWW-Authenticate': ['one', 'two'] }),
    ],
    [
      'set before a head that is not written',
      200,
      response => response.setHeaders(new Headers({ 'X-A': 'a' })).setHeader('WWW-Authenticate', ['one', 'two']),
    ],
  ])('has its id once, beside headers that come %s', async (_, statusCode, answer) => {
    expect(await headersOf(answer)).toEqual({ statusCode, ...all });
  });

  it('has an id without other headers, and leaves one out that is undefined', async () => {
    expect(await headersOf(() => {})).toEqual({ statusCode: 200, 'x-request-id': 'the id' });
    const answer = (response: ServerResponse) => response.writeHead(200, { 'X-A': undefined });
    expect(await headersOf(answer)).toEqual({ statusCode: 200, 'x-request-id': 'the id' });
  });
});
