import { afterAll, beforeAll, expect, it } from 'vitest';
import { FAULTS } from '../../src/emulator/fault-catalogue.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
let dav: Dav;

beforeAll(async () => {
  const clock = fakeClock(Date.now());
  server = await startTestServer({ clock, emulator: { clock } });
  dav = davClient(server);
  await server.mailboxes.ada.put('/file', 'content');
});
afterAll(() => server?.stop());

it.each([
  ['PUT', '/ada/file', {}, 'new'],
  ['PROPFIND', '/ada/', { Depth: '1' }, undefined],
  ['MOVE', '/ada/file', { Destination: '/ada/moved' }, undefined],
  ['MKCOL', '/ada/folder', {}, undefined],
])('a 416 of Graph to a call without a range is no 416 of the client’s %s %s', async (method, path, headers, body) => {
  server.emulator.setFault(operation => (operation === 'token' ? undefined : FAULTS['error-416']!()));
  const { status } = await dav(method, path, headers as Record<string, string>, body);
  server.emulator.setFault(undefined);
  expect(status).toBe(502);
});
