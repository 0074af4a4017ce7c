import { afterEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { openOneDrive } from '../support/one-drive.ts';
import { createWire, type Wire } from '../support/wire.ts';

const STRAY = { status: 404, body: '{"error":{"code":"itemNotFound","message":"The resource could not be found."}}' };

interface Tenant {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly wire: Wire;
  readonly dav: Dav;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

/** A server that knows its drive, and nothing that is in it. */
async function openTenant(): Promise<Tenant> {
  const emulator = await createEmulator();
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const wire = createWire();
  const { drive, close } = await openOneDrive(emulator, {
    mailbox: mailbox.upn,
    clock: fakeClock(Date.now()),
    wire: wire.wrap,
  });
  const door = await startFrontDoor({ mounts: [{ name: 'ada', drive, readOnly: false }] });
  open.push(
    () => emulator.close(),
    close,
    () => door.stop(),
  );
  const dav = davClient(door);
  await dav('PROPFIND', '/ada/', { Depth: '0' });
  emulator.resetCalls();
  return { emulator, mailbox, wire, dav };
}

/** The next look at Graph is answered as if nothing were there. */
function strayOnce(wire: Wire): void {
  let left = 1;
  wire.script = ({ method, url }) =>
    method === 'GET' && url.includes('graph.microsoft.com') && left-- > 0 ? STRAY : undefined;
}

describe('B6: one stray itemNotFound about what nobody has seen', () => {
  it.each([
    ['PROPFIND', 207],
    ['GET', 200],
    ['HEAD', 200],
    ['DELETE', 204],
  ])('is the answer to one %s, and not to the next', async (method, status) => {
    const { mailbox, wire, dav } = await openTenant();
    await mailbox.put('/dir/file', 'x');
    strayOnce(wire);
    expect((await dav(method, '/ada/dir/file')).status).toBe(404);
    expect((await dav(method, '/ada/dir/file')).status).toBe(status);
  });

  it('never replaces an existing item when the client asked for a free name', async () => {
    const { mailbox, wire, dav } = await openTenant();
    await mailbox.put('/file', 'old');
    await mailbox.put('/other', 'other');
    strayOnce(wire);
    expect((await dav('PUT', '/ada/file', { 'If-None-Match': '*' }, 'new')).status).toBe(412);
    expect((await dav('PROPFIND', '/ada/other', { Depth: '0' })).status).toBe(207);
    strayOnce(wire);
    const move = { Destination: '/ada/file', Overwrite: 'F' };
    expect((await dav('MOVE', '/ada/other', move)).status).toBe(412);
    expect((await mailbox.read('/file')).toString()).toBe('old');
  });
});

describe('the calls for a missing item', () => {
  const operations = ({ emulator }: Tenant) => {
    const seen = emulator.calls.map(({ operation }) => operation).filter(operation => operation !== 'token');
    emulator.resetCalls();
    return seen;
  };

  it('are one look for all new files of a folder and none for a new folder', async () => {
    const tenant = await openTenant();
    expect((await tenant.dav('PUT', '/ada/new', {}, 'x')).status).toBe(201);
    expect(operations(tenant)).toEqual(['driveItem-list-children', 'driveItem-put-content']);
    expect((await tenant.dav('PUT', '/ada/another', {}, 'x')).status).toBe(201);
    expect(operations(tenant)).toEqual(['driveItem-put-content']);
    expect((await tenant.dav('MKCOL', '/ada/folder')).status).toBe(201);
    expect(operations(tenant)).toEqual(['driveItem-post-children']);
  });

  it('are two in the time of the cache, however often it is asked for', async () => {
    const tenant = await openTenant();
    for (let look = 0; look < 5; look += 1) {
      expect((await tenant.dav('PROPFIND', '/ada/never', { Depth: '0' })).status).toBe(404);
    }
    expect(operations(tenant)).toEqual(['driveItem-get', 'driveItem-get']);
  });
});
