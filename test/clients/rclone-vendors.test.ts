import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith } from '../support/foreign-client.ts';
import { knownWebDavVendors, type Rclone, rcloneOnWebDav } from '../support/rclone.ts';
import { requestsTo } from '../support/requests.ts';
import { writeSampleFile, writeSampleTree } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
const TREE = { count: 24, largestBytes: 11 * MIB };
const known = await knownWebDavVendors();
/**
 * Vendors whose dialect can work with us: Basic, no chunks of their own. `rclone` and `fastmail` are newer than 1.60.
 */
const VENDORS = ['other', 'owncloud', 'nextcloud', 'fastmail', 'rclone'].filter(vendor => known.includes(vendor));

describeWith('rclone', 'rclone, as a client of each vendor that it knows', () => {
  let server: TestServer;
  let tree: string;

  beforeAll(async () => {
    server = await startTestServer();
    tree = join(server.folder, 'tree');
    await writeSampleTree(tree, TREE);
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('knows at least those of 1.60', () => {
    expect(VENDORS).toEqual(expect.arrayContaining(['other', 'owncloud', 'nextcloud']));
  });

  describe.each(VENDORS)('%s', vendor => {
    let dav: Rclone;
    const home = `dav:of ${vendor}`;

    beforeAll(async () => {
      // `about` asks the URL of the remote, whatever path it is given; a mount knows its quota.
      dav = await rcloneOnWebDav(server.folder, { ...server, url: `${server.url}/ada` }, vendor);
    });

    /** The files that were uploaded by what rclone does in `action`. */
    async function uploadsOf(action: () => Promise<unknown>): Promise<string[]> {
      const before = requestsTo(server).length;
      await action();
      return requestsTo(server)
        .slice(before)
        .filter(({ method }) => method === 'PUT')
        .map(({ path }) => path);
    }

    it('synchronises a tree, and has nothing to do the second time', async () => {
      expect(await uploadsOf(() => dav('sync', tree, home))).toHaveLength(TREE.count);
      expect(await uploadsOf(() => dav('sync', tree, home))).toEqual([]);
      expect((await dav('check', tree, home)).stderr).toMatch(/ 0 differences found/);
      expect((await dav('check', '--download', tree, home)).stderr).toMatch(/ 0 differences found/);
    });

    it('removes files that are no longer in the source', async () => {
      const source = join(server.folder, `source of ${vendor}`);
      await writeSampleFile(join(source, 'kept.txt'), 10, 'kept');
      await dav('copyto', join(source, 'kept.txt'), `${home} two/gone.txt`);
      await dav('sync', source, `${home} two`);
      expect((await dav('lsf', `${home} two`)).stdout).toBe('kept.txt\n');
    });

    it('tells how full the drive is', async () => {
      const { total, used, free } = JSON.parse((await dav('about', '--json', 'dav:')).stdout);
      const stored = Object.values(server.mailboxes.ada.tree()).reduce((sum, { size }) => sum + size, 0);
      expect(used).toBeGreaterThanOrEqual(stored);
      expect(free).toBeGreaterThan(0);
      expect(total).toBe(used + free);
    });

    it('stores what it is given on its standard input, of a length that it does not know', async () => {
      const text = 'a line of text\n'.repeat(20_000);
      await dav.fed(text, 'rcat', `${home}/stream.txt`);
      expect((await dav('cat', `${home}/stream.txt`)).stdout).toBe(text);
    });

    if (vendor !== 'other') {
      it('keeps the times of files, in an upload and in a rename', async () => {
        const file = join(server.folder, `timed ${vendor}.txt`);
        const time = new Date('2019-03-04T05:06:07Z');
        await writeSampleFile(file, 100, vendor);
        await utimes(file, time, time);
        await dav('copyto', file, `${home}/timed.txt`);
        expect(server.mailboxes.ada.stat(`/of ${vendor}/timed.txt`)!.modified).toEqual(time);
        expect(await timeOf('timed.txt')).toBe('2019-03-04T05:06:07');
        await dav('moveto', `${home}/timed.txt`, `${home}/renamed.txt`);
        expect(await timeOf('renamed.txt')).toBe('2019-03-04T05:06:07');
      });
    }

    async function timeOf(name: string): Promise<string> {
      const [entry] = JSON.parse((await dav('lsjson', `${home}/${name}`)).stdout);
      return new Date(entry.ModTime).toISOString().slice(0, 19);
    }
  });

  it('left no violation behind', () => {
    expect(server.emulator.violations).toEqual([]);
    expect(server.emulator.openUploadSessions()).toBe(0);
  });
});
