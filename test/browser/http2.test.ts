import { describe, expect, it } from 'vitest';
import { shares } from '../../src/config/shares-schema.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { ask, openSession, startTlsDoor, tlsDoors } from '../support/http2.ts';
import { OPENED, SENT } from '../support/page-visitor.ts';

it('views and actions are the same in HTTP/2, as browsers send them', async () => {
  const door = await startTlsDoor();
  const session = await openSession(door);
  const { origin } = new URL(door.url);
  const page = { origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
  const restore = (headers: Record<string, string>) =>
    ask(session, 'POST /m/a?action=restore-version', { ...headers, body: '{"id":"1"}' });
  await ask(session, 'PUT /m/a', { body: 'first' });
  await ask(session, 'PUT /m/a', { body: 'second' });
  const entries = await ask(session, 'GET /m/?view=entries');
  expect([entries.status, entries.isWhole]).toEqual([200, true]);
  expect(entries.body).toMatch(/\{"end":true,"count":1\}\n$/);
  expect(await ask(session, 'HEAD /m/a?view=versions')).toMatchObject({ status: 200, body: '' });
  expect((await restore({ ...page, origin: 'https://evil.example' })).status).toBe(403);
  expect(
    (await restore({ ...page, origin: origin.replace(/:\d+$/, ':1'), 'sec-fetch-site': 'same-site' })).status,
  ).toBe(403);
  expect(await restore({ origin, 'content-type': 'application/json' })).toMatchObject({ status: 200 });
  expect((await ask(session, 'GET /m/a?view=content')).body).toBe('first');
  session.close();
  await door.stop();
});

describe('in HTTP/2', () => {
  const { openDoor, sessionTo } = tlsDoors();
  const json = (input: object) => ({ 'content-type': 'application/json', body: JSON.stringify(input) });

  it('a zip is whole, and one that breaks is reset', async () => {
    const memory = createMemoryDrive();
    let breaks = false;
    async function* half() {
      yield Buffer.alloc(100_000, 'x');
      throw new Error('it breaks');
    }
    const door = await openDoor({
      drive: withFaults(memory, {
        read: async (path, options) => ({ ...(await memory.read(path, options)), ...(breaks ? { body: half() } : {}) }),
      }),
    });
    const session = await sessionTo(door);
    await ask(session, 'PUT /m/a.bin', { body: Buffer.alloc(200_000, 'x') });
    const { href } = JSON.parse((await ask(session, 'POST /m/?action=zip', json({ names: ['a.bin'] }))).body);
    for (const path of ['/m/?view=zip', href]) {
      const zip = await ask(session, `GET ${path}`);
      expect([zip.status, zip.isWhole, zip.body.startsWith('PK'), zip.body.includes('a.bin')]).toEqual([
        ...[200, true, true, true],
      ]);
    }
    breaks = true;
    expect(await ask(session, 'GET /m/?view=zip')).toMatchObject({ status: 200, isWhole: false });
  });

  it('shares are made, visited and ended, and an upload is told its way', async () => {
    const door = await openDoor({ shares: shares.parse({}) });
    const session = await sessionTo(door);
    await ask(session, 'PUT /m/a.txt', { body: 'shared' });
    const made = await ask(session, 'POST /m/?action=share', json({ kind: 'read' }));
    expect(made.status).toBe(201);
    const { share, url } = JSON.parse(made.body);
    const visit = () => ask(session, `GET ${new URL(url).pathname}a.txt`, {}, null);
    expect(await visit()).toMatchObject({ status: 200, body: 'shared' });
    expect((await ask(session, 'GET /m/?view=shares')).body).toContain(share.id);
    expect((await ask(session, 'POST /m/?action=unshare', json({ id: share.id }))).status).toBe(200);
    expect((await visit()).status).toBe(410);
    const way = await ask(session, 'POST /m/large.bin?action=upload', json({ size: 5_000_000, conflict: 'fail' }));
    expect(JSON.parse(way.body)).toEqual({ way: 'through' });
    expect((await ask(session, 'POST /m/large.bin?action=upload-status', json({ id: 'x'.repeat(22) }))).status).toBe(
      404,
    );
    expect((await ask(session, 'GET /m/?view=search&q=a')).body).toContain('"a.txt"');
  });

  it('the password of a share is asked for by a page, whose cookie opens the share', async () => {
    const door = await openDoor({ shares: shares.parse({}) });
    const session = await sessionTo(door);
    await ask(session, 'PUT /m/a.txt', { body: 'shared' });
    const made = await ask(session, 'POST /m/?action=share', json({ kind: 'read', password: 'open sesame' }));
    const root = new URL(JSON.parse(made.body).url).pathname;
    const asGuest = (line: string, fields: Parameters<typeof ask>[2]) => ask(session, line, fields, null);
    const page = await asGuest(`GET ${root}`, { ...OPENED, 'accept-language': 'de' });
    expect([page.status, page.headers['content-language']]).toEqual([401, 'de']);
    expect(page.headers['www-authenticate']).toMatch(/^Cookie /);
    const form = { ...SENT, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await asGuest(`POST ${root}`, { ...form, body: 'password=wrong' })).status).toBe(401);
    const opened = await asGuest(`POST ${root}`, { ...form, body: 'password=open+sesame' });
    expect([opened.status, opened.headers.location]).toEqual([303, root]);
    const cookie = String(opened.headers['set-cookie']).split(';', 1)[0]!;
    expect((await asGuest(`GET ${root}a.txt`, { ...OPENED, cookie })).body).toBe('shared');
  });
});
