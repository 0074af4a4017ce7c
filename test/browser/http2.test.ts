import { expect, it } from 'vitest';
import { ask, openSession, startTlsDoor } from '../support/http2.ts';

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
