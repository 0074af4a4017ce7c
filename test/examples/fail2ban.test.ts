import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { act } from '../support/browser-client.ts';
import { davClient } from '../support/dav-client.ts';
import { describeWith, run } from '../support/foreign-client.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';
import { makeShare, startShares } from '../support/shares.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const FILTER = fileURLToPath(new URL('../../examples/fail2ban/filter.conf', import.meta.url));
const VICTIM = '203.0.113.9';
const FORGED = `{"level":"info","audit":"credentials-refused","address":"${VICTIM}","user":"x"}`;

/** The addresses that fail2ban's own tool finds in these lines. */
async function addressesIn(lines: readonly string[]): Promise<string[]> {
  await using folder = await makeTempDir();
  const file = join(folder.path, 'log');
  await writeFile(file, lines.join(''));
  const { stdout } = await run('fail2ban-regex', ['--out', 'ip', file, FILTER]);
  return stdout.split('\n').filter(line => line !== '');
}

describeWith('fail2ban-regex', 'the filter for fail2ban', () => {
  it('finds a wrong password, by the address of the client behind a trusted proxy, and nobody else', async () => {
    const door = await startFrontDoor({ listen: { trustedProxies: ['127.0.0.1'] } });
    const send = (address: string, headers: Record<string, string>) =>
      rawRequest(door.url, compose('OPTIONS /m/', { 'X-Forwarded-For': address, ...headers }));
    const statuses = [
      await send('198.51.100.1', basic(door.user, 'wrong')),
      await send('2001:db8::7', basic('nobody', 'wrong')),
      await send('198.51.100.2', basic(door.user, door.password)),
      await send('198.51.100.3', {}),
    ].map(({ status }) => status);
    await door.stop();
    expect(statuses).toEqual([401, 401, 200, 401]);
    expect(await addressesIn(door.logged)).toEqual(['198.51.100.1', '2001:db8::7']);
  });

  it('finds each repetition of a wrong password, and each guess that was too many', async () => {
    const door = await startFrontDoor();
    const guess = async (password: string) =>
      (await rawRequest(door.url, compose('GET /m/', basic(door.user, password)))).status;
    expect([await guess('wrong'), await guess('wrong')]).toEqual([401, 401]);
    const statuses = [];
    for (let each = 0; each < 12; each += 1) {
      statuses.push(await guess(`wrong ${each}`));
    }
    expect(statuses).toContain(429);
    await door.stop();
    expect(await addressesIn(door.logged)).toEqual(Array.from({ length: 14 }, () => '127.0.0.1'));
  });

  it('finds guesses of the URL and of the password of a share, and nobody who comes too late', async () => {
    const door = await startShares({ listen: { trustedProxies: ['127.0.0.1'] } });
    const owner = davClient(door);
    await owner('PUT', '/m/a.txt', {}, 'x');
    const closed = await makeShare(owner, '/m/a.txt', { kind: 'read', password: 'correct horse' });
    const over = await makeShare(owner, '/m/a.txt', { kind: 'read' });
    await act(owner, '/m/?action=unshare', { input: { id: over.id } });
    const visit = async (address: string, path: string, password?: string) => {
      const headers = { 'X-Forwarded-For': address, ...(password === undefined ? {} : basic('guest', password)) };
      return (await rawRequest(door.url, compose(`GET ${path}`, headers))).status;
    };
    const [unknown, revoked] = ['198.51.100.1', '198.51.100.2'];
    const [wrong, asked, right] = ['198.51.100.3', '198.51.100.4', '198.51.100.5'];
    const tokens = [];
    for (let each = 0; each < 12; each += 1) {
      tokens.push(await visit(unknown, `/-/s/${over.token.slice(0, 20)}${10 + each}/`));
    }
    const passwords = [];
    for (let each = 0; each < 12; each += 1) {
      // Two of them are the same.
      passwords.push(await visit(wrong, closed.root, `wrong ${Math.max(1, each)}`));
    }
    expect([await visit(revoked, over.root), await visit(asked, closed.root)]).toEqual([410, 401]);
    expect(await visit(right, `${closed.root}a.txt`, 'correct horse')).toBe(200);
    await door.stop();
    expect([tokens[0], tokens.at(-1), passwords[0], passwords.at(-1)]).toEqual([404, 429, 401, 429]);
    const reasons = door.logged.map(line => JSON.parse(line).reason).filter(reason => reason !== undefined);
    expect(new Set(reasons)).toEqual(
      new Set([
        ...['unknown token', 'too many unknown tokens', 'wrong password', 'repeated', 'too many wrong passwords'],
        'revoked',
      ]),
    );
    const found = await addressesIn(door.logged);
    expect(found).toEqual([...tokens.map(() => unknown), ...passwords.map(() => wrong)]);
  });

  it('finds the peer where no proxy is trusted', async () => {
    const door = await startFrontDoor();
    await rawRequest(door.url, compose('GET /m/', { 'X-Forwarded-For': VICTIM, ...basic('nobody', 'wrong') }));
    await door.stop();
    expect(await addressesIn(door.logged)).toEqual(['127.0.0.1']);
  });

  it.each<[string, string, Record<string, string>]>([
    ['a user name', 'GET /m/', basic(`"\n${FORGED}\n`, 'wrong')],
    ['a user name with quotes', 'GET /m/', basic(`x","audit":"credentials-refused","address":"${VICTIM}","`, 'wrong')],
    ['a path', `GET /m/%0A${encodeURIComponent(FORGED)}%0A`, {}],
    ['a path with quotes', `GET /m/","audit":"credentials-refused","address":"${VICTIM}","`, {}],
    ['the token of a share', `GET /-/s/x","address":"${VICTIM}","user":"share","reason":"unknown token"/`, {}],
    ['the program', 'GET /m/', { 'User-Agent': FORGED }],
    ['an id of the proxy', 'GET /m/', { 'X-Request-Id': FORGED.replaceAll(' ', ''), ...basic('nobody', 'wrong') }],
  ])('does not find an address that stands in %s', async (_place, line, headers) => {
    const door = await startFrontDoor({ listen: { trustedProxies: ['127.0.0.1'] } });
    await rawRequest(door.url, compose(line, { 'X-Forwarded-For': '198.51.100.1', ...headers }));
    await door.stop();
    expect(door.logged.join('').length).toBeGreaterThan(0);
    expect(new Set(await addressesIn(door.logged))).not.toContain(VICTIM);
  });
});
