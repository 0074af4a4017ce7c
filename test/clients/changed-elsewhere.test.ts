import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mountDavfs } from '../support/davfs2.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { describeWith } from '../support/foreign-client.ts';
import { whyNoFuse } from '../support/fuse.ts';
import { startGvfs } from '../support/gvfs.ts';
import { rcloneOnWebDav } from '../support/rclone.ts';
import { requestsTo } from '../support/requests.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

/** The default of `cache.pollSeconds`, and a moment. */
const POLL_MS = 30_001;
const TTL_MS = 5_001;
const FOLDERS = ['one', 'two', 'three', 'three/four'];

/** Every file of the mount ada, as the client sees it when it lists all folders anew. */
type Walk = () => Promise<string[]>;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function start(): Promise<{ server: TestServer; clock: FakeClock }> {
  const clock = fakeClock(Date.now());
  const server = await startTestServer({ clock, emulator: { clock } });
  open.push(() => server.stop());
  for (const folder of FOLDERS) {
    await server.mailboxes.ada.put(`/${folder}/file`, folder);
  }
  return { server, clock };
}

async function seesChanges({ server, clock }: { server: TestServer; clock: FakeClock }, walk: Walk): Promise<void> {
  const { emulator, mailboxes } = server;
  const calls = () => emulator.calls.map(({ operation }) => operation);
  const before = FOLDERS.map(folder => `${folder}/file`).sort();
  expect(await walk()).toEqual(before);
  await eventually(() => expect(calls()).toContain('driveItem-delta'));
  // What was seen before the feed began is asked for once more.
  clock.advance(TTL_MS);
  await walk();
  clock.advance(POLL_MS);
  emulator.resetCalls();
  expect(await walk()).toEqual(before);
  expect(calls().filter(operation => operation !== 'token')).toEqual(['driveItem-delta']);
  await mailboxes.ada.put('/three/four/new', 'new');
  mailboxes.ada.remove('/one/file');
  clock.advance(POLL_MS);
  emulator.resetCalls();
  expect(await walk()).toEqual([...before.filter(file => file !== 'one/file'), 'three/four/new'].sort());
  const listings = calls().filter(operation => operation !== 'token' && operation !== 'driveItem-delta');
  expect(listings).toEqual(['driveItem-list-children', 'driveItem-list-children']);
}

describe('a change made elsewhere is seen within one poll, with no call for a folder that has not changed', () => {
  describeWith('rclone', 'by rclone', () => {
    it('lsf', async () => {
      const tenant = await start();
      const rclone = await rcloneOnWebDav(tenant.server.folder, tenant.server);
      await seesChanges(tenant, async () => {
        const { stdout } = await rclone('lsf', '--recursive', '--files-only', 'dav:ada');
        return stdout.split('\n').filter(Boolean).sort();
      });
    });
  });

  describeWith(['gio', 'dbus-run-session', '/usr/libexec/gvfsd-dav'], 'by GNOME gvfs', () => {
    it('list', async () => {
      const tenant = await start();
      const gvfs = await startGvfs();
      open.push(() => gvfs.stop());
      const { user, password, url } = tenant.server;
      const root = `dav://${user}@${new URL(url).host}/ada`;
      expect(await gvfs.tryGio(`${password}\n`, 'mount', root)).toMatchObject({ code: 0 });
      const list = async (folder: string): Promise<string[]> => {
        const { stdout } = await gvfs.gio('list', '--attributes', 'standard::type', `${root}/${folder}`);
        return stdout.split('\n').flatMap(line => line.split('\t')[0] || []);
      };
      await seesChanges(tenant, async () => {
        const found = await Promise.all(
          FOLDERS.map(async folder => (await list(folder)).map(name => `${folder}/${name}`)),
        );
        return found
          .flat()
          .filter(path => !FOLDERS.includes(path))
          .sort();
      });
    });
  });

  describeWith('mount.davfs', 'by davfs2', () => {
    it('ls', async context => {
      const obstacle = await whyNoFuse();
      if (obstacle !== undefined) {
        // The kernel's choice, not a program to install.
        context.skip(obstacle);
      }
      const tenant = await start();
      const options = ['dir_refresh 0', 'gui_optimize 0', 'use_locks 0'];
      const mount = await mountDavfs(`${tenant.server.url}/ada`, tenant.server, options);
      open.push(() => mount.stop());
      const list = async (folder: string) => (await readdir(join(mount.path, folder))).map(name => `${folder}/${name}`);
      await seesChanges(tenant, async () => {
        const since = requestsTo(tenant.server).length;
        // It believes what it has seen within the same second.
        return eventually(async () => {
          const found = await Promise.all(FOLDERS.map(list));
          const asked = requestsTo(tenant.server).slice(since);
          expect(FOLDERS.filter(folder => !asked.some(({ path }) => path === `/ada/${folder}/`))).toEqual([]);
          return found
            .flat()
            .filter(path => !FOLDERS.includes(path))
            .sort();
        });
      });
    });
  });
});
