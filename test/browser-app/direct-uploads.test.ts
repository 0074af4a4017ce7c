import { randomBytes } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Fault } from '../../src/emulator/faults.ts';
import { chooseFiles } from '../support/choose-files.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import type { WireEnd, WireRule } from '../support/server-wire.ts';
import { useAppInFolder } from '../support/use-app.ts';

const MIB = 1024 ** 2;
const MODIFIED = new Date('2025-05-06T07:08:09Z');
const GONE: Fault = { status: 404, code: 'itemNotFound' };

const SESSION_LIFE_MS = 15 * 60_000;
/** Microsoft's; only sessions are so short-lived that a test outlasts them. */
const clock = { offset: 0, now: () => Date.now() + clock.offset };

describeWith('chromium', 'the app: large files straight to OneDrive', () => {
  const on = useAppInFolder({
    server: { download: 'redirect', emulator: { downloadBase: 'loopback', clock, sessionLifeMs: SESSION_LIFE_MS } },
    seed: () => {},
  });
  /** The Content-Range of each request to the emulated OneDrive. */
  let ranges: string[];
  /** Lines of the log before the test. */
  let before: number;

  beforeAll(() => {
    on.page.on('request', request => {
      const range = request.headers()['content-range'];
      if (request.method() === 'PUT' && range !== undefined) {
        ranges.push(range);
      }
    });
  });
  beforeEach(() => {
    ranges = [];
    before = on.server.logged.length;
  });
  afterEach(() => {
    on.server.emulator.setFault(undefined);
    expect(on.server.emulator.openUploadSessions()).toBe(0);
  });

  const panel = () => on.page.getByRole('region', { name: 'Uploads' });
  const press = (name: string) => on.page.getByRole('button', { name, exact: true }).click();
  const stored = () => on.server.mailboxes.ada.read(`${on.folder}/large.bin`);
  const isDone = () => panel().getByText('1 file uploaded').waitFor();

  /** A file on this machine, as long as told, and with bytes of its own. */
  async function local(size: number): Promise<{ path: string; bytes: Buffer }> {
    const [path, bytes] = [join(on.server.folder, 'large.bin'), randomBytes(size)];
    await writeFile(path, bytes);
    await utimes(path, MODIFIED, MODIFIED);
    return { path, bytes };
  }

  /** In a folder without members. */
  function choose(path: string): Promise<void> {
    const button = on.page.getByRole('main').getByRole('button', { name: 'Upload files' });
    return chooseFiles(on.page, () => button.click(), path);
  }

  /** Answers the n-th fragment, from 1, by a fault. */
  function onFragment(nth: number, fault: Fault): void {
    let seen = 0;
    on.server.emulator.setFault(operation => {
      seen += operation === 'upload-fragment' ? 1 : 0;
      return operation === 'upload-fragment' && seen === nth ? fault : undefined;
    });
  }

  /** Decides what happens to the requests that make the file. */
  function onCommit(rule: () => ReturnType<WireRule>): void {
    on.wire.rule = ({ target }) => (target.endsWith('?action=upload-commit') ? rule() : 'pass');
  }

  /** The first and the last byte in a Content-Range. */
  function boundsOf(range: string): { start: number; end: number } {
    const [, start, end] = /^bytes (\d+)-(\d+)\//.exec(range)!;
    return { start: Number(start), end: Number(end) };
  }

  /** The requests to our server since the test began. */
  const ours = () =>
    on.server.logged
      .slice(before)
      .map(line => JSON.parse(line))
      .filter(({ msg }) => msg === 'request');

  it('sends the bytes past us, over a connection that breaks and a page that is loaded anew', async () => {
    const { path, bytes } = await local(48 * MIB);
    let hold = () => {};
    const untilHeld = new Promise<void>(resolve => {
      hold = resolve;
    });
    let seen = 0;
    on.server.emulator.setFault(operation => {
      seen += operation === 'upload-fragment' ? 1 : 0;
      if (operation !== 'upload-fragment') {
        return undefined;
      }
      const faults: Record<number, Fault> = {
        2: { wire: { done: 'no', resetInRequest: MIB } },
        4: { delayUntil: untilHeld },
      };
      return faults[seen];
    });
    await choose(path);
    await eventually(() => expect(seen).toBe(4));
    const sent = ranges.length;
    await on.page.reload();
    hold();
    await on.page.getByText('1 upload was interrupted.').waitFor();
    await choose(path);
    await isDone();
    expect((await stored()).equals(bytes)).toBe(true);
    expect(on.server.mailboxes.ada.stat(`${on.folder}/large.bin`)!.modified).toEqual(MODIFIED);
    // It went on behind what had arrived, and did not begin anew: the fragment that was held is there, or is not.
    const [held, next] = ranges.slice(sent - 1).map(boundsOf);
    expect(held!.start).toBeGreaterThan(0);
    expect([held!.start, held!.end + 1]).toContain(next!.start);
    const moved = ours().reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0);
    expect(moved).toBeGreaterThan(100);
    expect(moved).toBeLessThan(1_000_000);
    expect(await on.page.evaluate(() => localStorage.getItem('webdav-uploads'))).toBe('{}');
  }, 120_000);

  it.each<[string, Fault, 'again' | 'behind']>([
    ['asks whether its session is there after a 404', GONE, 'again'],
    ['asks what has arrived when an answer is lost', { wire: { done: 'yes', reset: 'before' } }, 'behind'],
    ['goes on after 503', { status: 503, code: 'serviceNotAvailable', retryAfter: '0' }, 'again'],
    ['asks what is expected after 416', { wire: { done: 'yes', status: 416 } }, 'behind'],
  ])('%s', async (_, fault, goesOn) => {
    const { path, bytes } = await local(16 * MIB);
    onFragment(2, fault);
    await choose(path);
    await isDone();
    expect((await stored()).equals(bytes)).toBe(true);
    // How long the fragments are depends on the pace of the machine.
    const [first, second, third] = ranges.map(boundsOf);
    expect([first!.start, second!.start]).toEqual([0, first!.end + 1]);
    expect(third!.start).toBe(goesOn === 'again' ? second!.start : second!.end + 1);
    expect(ours().filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it.each([
    ['in its middle', 'cut-answer'],
    ['as a whole, and the browser may send the request again by itself', 'lose-answer'],
  ] as const)('takes a file as stored when the answer to its commit was lost: %s', async (_, end) => {
    const { path, bytes } = await local(5 * MIB);
    const ends: WireEnd[] = [end];
    onCommit(() => ends.shift() ?? 'pass');
    await choose(path);
    await isDone();
    expect(ends).toEqual([]);
    expect((await stored()).equals(bytes)).toBe(true);
    expect(ours().filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('asks nothing about the very same file', async () => {
    const { path, bytes } = await local(5 * MIB);
    await choose(path);
    await isDone();
    const sent = ranges.length;
    await openAgain();
    await chooseByMenu(path);
    await isDone();
    expect(ranges).toHaveLength(sent);
    expect((await stored()).equals(bytes)).toBe(true);
  });

  it('goes through us where the browser cannot reach OneDrive', async () => {
    const { path, bytes } = await local(5 * MIB);
    await on.page.route(/tempauth|127\.0\.0\.1/, route => route.abort('blockedbyclient'));
    await choose(path);
    await isDone();
    await on.page.unroute(/tempauth|127\.0\.0\.1/);
    // Firefox counts a host that it cannot reach among the errors of the page.
    const problems = on.app.problems.splice(0);
    expect(problems.filter(text => !/^Cross-Origin Request Blocked: .* did not succeed/.test(text))).toEqual([]);
    expect((await stored()).equals(bytes)).toBe(true);
    expect(ours().filter(({ method, status }) => method === 'PUT' && status === 201)).toHaveLength(1);
  });

  it('leaves a small file to a PUT', async () => {
    const { path, bytes } = await local(4 * MIB);
    await choose(path);
    await isDone();
    expect(ranges).toEqual([]);
    expect((await stored()).equals(bytes)).toBe(true);
  });

  it('pauses, goes on from what is there, and leaves nothing behind when it is cancelled', async () => {
    const { path, bytes } = await local(16 * MIB);
    onFragment(2, { delayUntil: new Promise(() => {}) });
    await choose(path);
    await eventually(() => expect(ranges).toHaveLength(2));
    await press('Pause the upload of large.bin');
    await panel().getByText('Paused').waitFor();
    await press('Resume the upload of large.bin');
    await isDone();
    expect((await stored()).equals(bytes)).toBe(true);
    expect(ranges[2]).toMatch(/^bytes 5242880-/);
    await on.server.mailboxes.ada.put(`${on.folder}/large.bin`, 'small');
    await openAgain();
    onFragment(2, { delayUntil: new Promise(() => {}) });
    await chooseByMenu(path);
    await on.page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
    await eventually(() => expect(ranges.length).toBeGreaterThan(4));
    await press('Cancel the upload of large.bin');
    await eventually(() => expect(on.server.emulator.openUploadSessions()).toBe(0));
    expect((await stored()).toString()).toBe('small');
  });

  it.each(['while it is paused', 'before the page is loaded anew'])(
    'begins anew when its session ends %s',
    async when => {
      const { path, bytes } = await local(16 * MIB);
      onFragment(3, { delayUntil: new Promise(() => {}) });
      await choose(path);
      await eventually(() => expect(ranges).toHaveLength(3));
      await press('Pause the upload of large.bin');
      await panel().getByText('Paused').waitFor();
      expect(on.server.emulator.openUploadSessions()).toBe(1);
      clock.offset += SESSION_LIFE_MS + 1;
      expect(on.server.emulator.openUploadSessions()).toBe(0);
      if (when === 'while it is paused') {
        await press('Resume the upload of large.bin');
      } else {
        on.page.once('dialog', dialog => dialog.accept());
        await on.page.reload();
        await on.page.getByText('1 upload was interrupted.').waitFor();
        await choose(path);
      }
      await isDone();
      expect((await stored()).equals(bytes)).toBe(true);
      // Nothing of the first session is a part of it.
      expect(ranges[3]).toMatch(/^bytes 0-/);
      expect(ours().filter(({ method }) => method === 'PUT')).toEqual([]);
    },
  );

  it('replaces only the version that was there when it was told to', async () => {
    const { path, bytes } = await local(6 * MIB);
    await on.server.mailboxes.ada.put(`${on.folder}/large.bin`, 'old');
    await openAgain();
    await chooseByMenu(path);
    const others = ['written by somebody in between'];
    onCommit(async (): Promise<WireEnd> => {
      for (const text of others.splice(0)) {
        await on.server.mailboxes.ada.put(`${on.folder}/large.bin`, text);
      }
      return 'pass';
    });
    const dialog = on.page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Replace' }).click();
    await dialog.waitFor({ state: 'detached' });
    await dialog.getByRole('button', { name: 'Replace' }).waitFor();
    expect((await stored()).toString()).toBe('written by somebody in between');
    await dialog.getByRole('button', { name: 'Replace' }).click();
    await isDone();
    expect((await stored()).equals(bytes)).toBe(true);
  });

  async function openAgain(): Promise<void> {
    await on.open();
    await on.page.getByRole('grid').waitFor();
  }

  /** In a folder with members. */
  function chooseByMenu(path: string): Promise<void> {
    const open = async () => {
      await on.page.getByRole('button', { name: 'Upload' }).first().click();
      await on.page.getByRole('menuitem', { name: 'Upload files' }).click();
    };
    return chooseFiles(on.page, open, path);
  }
});
