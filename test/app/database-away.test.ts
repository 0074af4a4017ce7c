import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES, startPostgres } from '../support/postgres.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const LOCK_BODY = `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`;

const key = randomBytes(32).toString('base64');

async function ask(
  { url, user, password }: TestServer,
  method: string,
  path: string,
  body?: string,
): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return fetch(`${url}${path}`, { method, body, headers: { authorization, depth: '0' } });
}

describeWith(POSTGRES, 'a server whose state is in PostgreSQL', () => {
  it('refuses what needs the state while that is away, reads on, and comes back by itself', async () => {
    await using postgres = await startPostgres();
    const { url } = await postgres.openDatabase();
    const server = await startTestServer({ yaml: [`state: { url: "${url}", key: "${key}" }`] });
    try {
      expect((await ask(server, 'PUT', '/ada/a.txt', 'one')).status).toBe(201);
      expect((await ask(server, 'LOCK', '/ada/locked.txt', LOCK_BODY)).status).toBe(201);
      expect((await ask(server, 'PROPFIND', '/ada/')).status).toBe(207);
      await postgres.stop();
      for (const [method, path, body] of [
        ['PUT', '/ada/a.txt', 'two'],
        ['PUT', '/ada/new.txt', 'new'],
        ['LOCK', '/ada/a.txt', LOCK_BODY],
        ['DELETE', '/ada/a.txt'],
        ['MKCOL', '/ada/folder'],
      ] as const) {
        const response = await ask(server, method, path, body);
        expect([method, response.status, response.headers.get('retry-after')]).toEqual([method, 503, '5']);
      }
      const read = await ask(server, 'GET', '/ada/a.txt');
      expect([read.status, await read.text()]).toEqual([200, 'one']);
      expect((await fetch(`${server.url}/-/healthz`)).status).toBe(200);
      const ready = await fetch(`${server.url}/-/readyz`);
      expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('state')]);
      await postgres.start();
      await eventually(async () => expect((await ask(server, 'PUT', '/ada/a.txt', 'two')).status).toBe(204));
      expect((await ask(server, 'PUT', '/ada/locked.txt', 'x')).status).toBe(423);
      await eventually(async () => expect((await fetch(`${server.url}/-/readyz`)).status).toBe(200));
      expect(server.logged.filter(line => JSON.parse(line).level >= 50)).toHaveLength(1);
    } finally {
      await server.stop();
    }
  });

  it('waits at its start for a database that starts later', async () => {
    await using postgres = await startPostgres();
    const { url } = await postgres.openDatabase();
    await postgres.stop();
    const starting = startTestServer({ yaml: [`state: { url: "${url}", key: "${key}" }`] });
    await postgres.start();
    const server = await starting;
    expect((await ask(server, 'PUT', '/ada/a.txt', 'one')).status).toBe(201);
    await server.stop();
  });
});
