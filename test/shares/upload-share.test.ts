import { afterEach, describe, expect, it } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { withFaults } from '../support/faulty-drive.ts';
import type { FrontDoorOptions, FrontDoorTest } from '../support/front-door.ts';
import { type MadeShare, makeShare, startShares, visitor } from '../support/shares.ts';

const LOCK_INFO =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const XML = { 'Content-Type': 'text/xml' };

let front: FrontDoorTest;
let dav: Dav;
let guest: Dav;
let share: MadeShare;
let clock: FakeClock;

async function start(options: FrontDoorOptions = {}): Promise<void> {
  clock = fakeClock();
  front = await startShares({ clock, ...options });
  dav = davClient(front);
  guest = visitor(front);
  await dav('MKCOL', '/m/inbox/');
  await dav('MKCOL', '/m/inbox/old/');
  await dav('PUT', '/m/inbox/taken.txt', {}, 'a private text');
  await dav('PUT', '/m/inbox/old/inner.txt', {}, 'inner');
  share = await makeShare(dav, '/m/inbox/', { kind: 'upload' });
}
afterEach(() => front.stop());

const at = (name: string) => `${share.root}${name}`;
const stranger: Dav = (method, path, headers = {}, body) =>
  guest(method, path, { 'User-Agent': 'stranger', ...headers }, body);
const status = async (answer: Promise<{ status: number }>) => (await answer).status;
const namesIn = async (by: Dav, path = share.root) =>
  hrefsOf((await by('PROPFIND', path, { Depth: '1' })).text).map(href => href.replace(share.root, ''));

describe('a share that takes uploads', () => {
  it('takes new files and folders, which its owner has then', async () => {
    await start();
    expect(await status(guest('PUT', at('new.txt'), {}, 'sent'))).toBe(201);
    expect(await status(guest('MKCOL', at('folder/')))).toBe(201);
    expect(await status(guest('PUT', at('folder/deep.txt'), {}, 'deep'))).toBe(201);
    expect(await status(guest('PUT', at('old/beside.txt'), {}, 'x'))).toBe(201);
    expect((await dav('GET', '/m/inbox/new.txt')).text).toBe('sent');
    expect((await dav('GET', '/m/inbox/folder/deep.txt')).text).toBe('deep');
  });

  it('shows a client what it has just sent, as it was sent, and nothing else', async () => {
    await start();
    await guest('PUT', at('new.txt'), {}, 'sent');
    await guest('MKCOL', at('folder/'));
    expect((await namesIn(guest)).toSorted()).toEqual(['', 'folder/', 'new.txt']);
    expect((await guest('HEAD', at('new.txt'))).headers.get('Content-Length')).toBe('4');
    // What the owner makes of it is not shown.
    await dav('PUT', '/m/inbox/new.txt', {}, 'a longer text of the owner');
    expect((await guest('HEAD', at('new.txt'))).headers.get('Content-Length')).toBe('4');
    expect(await namesIn(stranger)).toEqual(['']);
    clock.advance(61 * 60_000);
    expect(await namesIn(guest)).toEqual(['']);
  });

  it.each(['HEAD', 'GET', 'PROPFIND'])(
    'tells %s of a taken name no more than that, and of a free name that it is free',
    async method => {
      await start();
      for (const by of [guest, stranger]) {
        const answer = await by(method, at('taken.txt'), { Depth: '0' });
        expect(answer.status).toBe(403);
        expect(JSON.stringify([...answer.headers]) + answer.text).not.toMatch(/private|etag|last-modified|"14"/i);
        expect(await status(by(method, at('free.txt'), { Depth: '0' }))).toBe(404);
      }
      const folder = await guest('PROPFIND', at('old/'), { Depth: '1' });
      expect(hrefsOf(folder.text)).toEqual([at('old/')]);
      const real = (await dav('PROPFIND', '/m/inbox/old/', { Depth: '0' })).text;
      expect(folder.text).not.toContain(/<D:getetag>(.*?)</.exec(real)![1]!);
      expect(await status(guest('PROPFIND', at('old/inner.txt'), { Depth: '0' }))).toBe(403);
    },
  );

  it('reads nothing back, not even what the client has sent itself', async () => {
    await start();
    await guest('PUT', at('new.txt'), {}, 'sent');
    for (const name of [
      'new.txt',
      'taken.txt',
      'old/inner.txt',
      'new.txt?view=content',
      'taken.txt?view=details',
      '?view=search&q=private',
      'taken.txt?view=thumbnail&size=small',
      'taken.txt?view=versions',
      'taken.txt?view=version&id=1',
    ]) {
      const answer = await guest('GET', at(name));
      expect([name, answer.status >= 400], answer.text).toEqual([name, true]);
      expect(answer.text).not.toMatch(/^sent$|private|inner\.txt/);
    }
    const lines = (await stranger('GET', at('?view=entries'))).text;
    expect(lines).not.toContain('taken');
  });

  it('never replaces: what was there before, what it has taken, and what came meanwhile', async () => {
    const memory = createMemoryDrive();
    let meanwhile: (() => Promise<unknown>) | undefined;
    const drive = withFaults(memory, {
      write: async (path, body, options) => {
        await meanwhile?.();
        meanwhile = undefined;
        return memory.write(path, body, options);
      },
    });
    await start({ drive });
    await guest('PUT', at('new.txt'), {}, 'sent');
    for (const name of ['taken.txt', 'TAKEN.TXT', 'new.txt', 'old/inner.txt']) {
      for (const headers of [{}, { 'If-Match': '*' }, { Overwrite: 'T' }, { 'If-None-Match': '"x"' }]) {
        const answer = await guest('PUT', at(name), headers as Record<string, string>, 'replaced');
        expect([name, [403, 412].includes(answer.status)]).toEqual([name, true]);
      }
    }
    expect(await status(guest('PUT', at('old/'), {}, 'x'))).toBe(405);
    expect(await status(guest('MKCOL', at('old/')))).toBe(405);
    meanwhile = () => dav('PUT', '/m/inbox/race.txt', {}, 'the first');
    expect(await status(guest('PUT', at('race.txt'), {}, 'the second'))).toBe(412);
    const left = await Promise.all(['taken.txt', 'new.txt', 'race.txt'].map(name => dav('GET', `/m/inbox/${name}`)));
    expect(left.map(({ text }) => text)).toEqual(['a private text', 'sent', 'the first']);
  });

  it('lets a client fill the empty file that it has just made, once, and no other', async () => {
    await start();
    await dav('PUT', '/m/inbox/empty.txt', {}, '');
    expect(await status(guest('PUT', at('empty.txt'), {}, 'x'))).toBe(403);
    expect(await status(guest('PUT', at('mine.txt'), {}, ''))).toBe(201);
    expect(await status(stranger('PUT', at('mine.txt'), {}, 'x'))).toBe(403);
    expect(await status(guest('PUT', at('mine.txt'), {}, 'filled'))).toBe(204);
    expect(await status(guest('PUT', at('mine.txt'), {}, 'again'))).toBe(403);
    await guest('PUT', at('taken over.txt'), {}, '');
    await dav('PUT', '/m/inbox/taken%20over.txt', {}, 'by the owner');
    expect(await status(guest('PUT', at('taken over.txt'), {}, 'x'))).toBe(412);
    expect((await dav('GET', '/m/inbox/taken%20over.txt')).text).toBe('by the owner');
  });

  it.each(['DELETE', 'MOVE', 'COPY', 'REPORT', 'POST'])('has no %s, neither within nor out of it', async method => {
    await start();
    await guest('PUT', at('new.txt'), {}, 'sent');
    for (const name of ['new.txt', 'taken.txt', '', 'new.txt?action=restore-version', '?action=share']) {
      for (const to of [at('other.txt'), '/m/out.txt', at('taken.txt')]) {
        const answer = await guest(method, at(name), { Destination: to, 'Content-Type': 'application/json' }, '{}');
        expect([name, answer.status]).toEqual([name, 403]);
      }
    }
    expect(await status(dav('GET', '/m/out.txt'))).toBe(404);
    expect((await dav('GET', '/m/inbox/new.txt')).text).toBe('sent');
    expect((await dav('GET', '/m/inbox/taken.txt')).text).toBe('a private text');
  });

  it('can be opened as a folder by clients that must lock: a new name, and nothing else', async () => {
    await start();
    const options = await guest('OPTIONS', share.root);
    expect([options.status, options.headers.get('DAV')]).toEqual([200, '1, 2, 3, extended-mkcol']);
    expect(options.headers.get('Allow')).not.toMatch(/DELETE|MOVE|COPY/);
    const locked = await guest('LOCK', at('word.txt'), { ...XML, Depth: '0' }, LOCK_INFO);
    expect(locked.status).toBe(201);
    const token = locked.headers.get('Lock-Token')!;
    // The owner's own tree knows of the lock, and of no token of the share.
    expect(await status(dav('PUT', '/m/inbox/word.txt', {}, 'x'))).toBe(423);
    const seen = (
      await dav(
        'PROPFIND',
        '/m/inbox/word.txt',
        { Depth: '0' },
        '<D:propfind xmlns:D="DAV:"><D:prop><D:lockdiscovery/></D:prop></D:propfind>',
      )
    ).text;
    expect(seen).toContain('<D:href>/m/inbox/word.txt</D:href>');
    expect(seen).not.toContain(share.token);
    expect(await status(guest('PUT', at('word.txt'), {}, 'x'))).toBe(423);
    expect(await status(guest('PUT', at('word.txt'), { If: `(${token})` }, 'saved'))).toBe(204);
    expect(await status(guest('UNLOCK', at('word.txt'), { 'Lock-Token': token }))).toBe(204);
    expect((await dav('GET', '/m/inbox/word.txt')).text).toBe('saved');
    for (const name of ['', 'old/', 'taken.txt', 'old/inner.txt']) {
      for (const depth of ['0', 'infinity']) {
        expect([name, await status(guest('LOCK', at(name), { ...XML, Depth: depth }, LOCK_INFO))]).toEqual([name, 403]);
      }
    }
    expect(await status(dav('PUT', '/m/inbox/taken.txt', {}, 'still free'))).toBe(204);
  });

  it('respects locks of others, and opens none with their tokens', async () => {
    await start();
    const token = (await dav('LOCK', '/m/inbox/', { ...XML, Depth: 'infinity' }, LOCK_INFO)).headers.get('Lock-Token')!;
    expect(await status(guest('PUT', at('new.txt'), {}, 'x'))).toBe(423);
    expect(await status(guest('PUT', at('new.txt'), { If: `(${token})` }, 'x'))).toBe(423);
    expect(await status(guest('UNLOCK', at(''), { 'Lock-Token': token }))).toBeGreaterThanOrEqual(400);
    expect(await status(guest('UNLOCK', at('taken.txt'), { 'Lock-Token': token }))).toBeGreaterThanOrEqual(400);
    expect(await status(dav('UNLOCK', '/m/inbox/', { 'Lock-Token': token }))).toBe(204);
    expect(await status(guest('PUT', at('new.txt'), {}, 'x'))).toBe(201);
  });

  it('changes properties of what the client has sent, and of nothing else', async () => {
    await start();
    await guest('PUT', at('new.txt'), {}, 'sent');
    const update =
      '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">1</x></D:prop></D:set></D:propertyupdate>';
    const times =
      '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><Win32LastModifiedTime xmlns="urn:schemas-microsoft-com:">Tue, 06 Jan 2026 10:00:00 GMT</Win32LastModifiedTime></D:prop></D:set></D:propertyupdate>';
    for (const body of [update, times]) {
      expect(await status(guest('PROPPATCH', at('new.txt'), XML, body))).toBe(207);
      for (const name of ['taken.txt', 'old/', '', 'old/inner.txt']) {
        expect([name, await status(guest('PROPPATCH', at(name), XML, body))]).toEqual([name, 403]);
      }
      expect(await status(stranger('PROPPATCH', at('new.txt'), XML, body))).toBe(403);
    }
    expect((await dav('HEAD', '/m/inbox/new.txt')).headers.get('Last-Modified')).toBe('Tue, 06 Jan 2026 10:00:00 GMT');
  });

  it('takes nothing beyond its folder', async () => {
    await start();
    for (const path of [`${share.root}..%2Fout.txt`, '/-/s/out.txt', `/m/${share.token}/out.txt`, '/m/out.txt']) {
      expect([path, (await status(guest('PUT', path, {}, 'x'))) >= 400]).toEqual([path, true]);
    }
    expect((await namesIn(dav, '/m/')).filter(name => /out/.test(name))).toEqual([]);
  });

  it('is held to the room of the mount, to its rules for names, and to the largest file', async () => {
    const memory = createMemoryDrive();
    const drive = withFaults(memory, {
      write: (path, body, options) => {
        if ((options.length ?? 0) > 100) {
          throw new DriveError('quota', 'the mount m is full');
        }
        return memory.write(path, body, options);
      },
    });
    await start({ drive });
    const full = await guest('PUT', at('big.bin'), {}, 'x'.repeat(101));
    expect([full.status, full.text.includes('mount m')]).toEqual([507, false]);
    // A name that is kept beside OneDrive stays there, and one that is refused stays refused.
    expect(await status(guest('PUT', at('._new.txt'), {}, 'x'))).toBe(201);
    await expect(memory.list(['inbox'] as never, { signal: new AbortController().signal })).resolves.not.toContainEqual(
      expect.objectContaining({ name: '._new.txt' }),
    );
    expect(await status(guest('PUT', at('.Trashes/x'), {}, 'x'))).toBeGreaterThanOrEqual(400);
  });

  it('explains itself on a page, which shows no file', async () => {
    await start();
    const page = await guest('GET', share.root, { Accept: 'text/html' });
    expect([page.status, page.headers.get('Content-Security-Policy')]).toEqual([
      200,
      expect.stringContaining("default-src 'none'"),
    ]);
    expect(page.text).toContain('Send files to <bdi translate="no">inbox</bdi>');
    expect(page.text).toContain(`curl -f -T report.pdf &#39;${share.url}&#39;`);
    expect(page.text).not.toMatch(/taken\.txt|inner/);
    expect((await guest('HEAD', share.root, { Accept: 'text/html' })).text).toBe('');
    const odd = await guest('GET', share.root, { Accept: 'text/html', Host: "a'b<script>" });
    expect(odd.text).not.toContain('<script>');
  });

  it('is for folders that its owner may change', async () => {
    await start({
      users: [
        { name: 'user', mounts: '*', access: 'write' },
        { name: 'reader', mounts: '*', access: 'read' },
      ],
    });
    await expect(makeShare(dav, '/m/inbox/taken.txt', { kind: 'upload' })).rejects.toThrow(/400.*only a folder/);
    const reader = davClient({ ...front, user: 'reader' });
    await expect(makeShare(reader, '/m/inbox/', { kind: 'upload' })).rejects.toThrow(/403/);
    expect((await makeShare(reader, '/m/inbox/', { kind: 'read' })).id).toMatch(/^\w{10}$/);
  });
});
