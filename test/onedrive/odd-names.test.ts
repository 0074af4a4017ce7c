import { afterEach, describe, expect, it } from 'vitest';
import { createEmulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { openOneDrive } from '../support/one-drive.ts';
import { createWire, showing, type Wire, type WireItemLike } from '../support/wire.ts';

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function openTenant(wire: Wire['wrap']): Promise<{ mailbox: MailboxHandle; dav: Dav }> {
  const emulator = await createEmulator();
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const clock = fakeClock(Date.now());
  const { drive, close } = await openOneDrive(emulator, { mailbox: mailbox.upn, clock, wire, ttlMs: 0 });
  const door = await startFrontDoor({ mounts: [{ name: 'ada', drive, readOnly: false }], junk: [] });
  open.push(
    () => emulator.close(),
    close,
    () => door.stop(),
  );
  return { mailbox, dav: davClient(door) };
}

/** Each character that Windows forbids, and all of them. */
const ALL_FORBIDDEN = '<"*:?|>';
const FORBIDDEN_TODAY = ['a<b', 'a>b', 'say "hi"', 'a:b', 'a|b', 'what?', 'a*b', ALL_FORBIDDEN];

const renamed = (from: string, to: string | undefined) => (item: WireItemLike) =>
  item.name === from ? { ...item, name: to } : item;

async function membersOf(dav: Dav, folder: string): Promise<string[]> {
  const { status, text } = await dav('PROPFIND', folder, { Depth: '1' });
  expect(status).toBe(207);
  return hrefsOf(text)
    .filter(href => href !== folder)
    .sort();
}

describe('B7: items are shown as they are', () => {
  it.each([
    ['without a name', undefined],
    ['with an empty name', ''],
    ['with a name that no path can have', 'a\\b'],
  ])('an item %s does not hide its folder, and can be read, replaced and removed', async (_, name) => {
    const { mailbox, dav } = await openTenant(showing(renamed('odd', name)));
    await mailbox.put('/dir/odd', 'x');
    await mailbox.put('/dir/good', 'y');
    const [odd, good] = await membersOf(dav, '/ada/dir/');
    expect([decodeURIComponent(odd!), good]).toEqual([expect.stringContaining('(no name)'), '/ada/dir/good']);
    expect((await dav('GET', odd!)).text).toBe('x');
    expect((await dav('PUT', odd!, {}, 'new')).status).toBe(204);
    expect((await mailbox.read('/dir/odd')).toString()).toBe('new');
    expect((await dav('DELETE', odd!)).status).toBe(204);
    expect(Object.keys(mailbox.tree())).toEqual(['/dir/', '/dir/good']);
  });

  it.each([' leading', 'trailing ', 'trailing.', '~$old', 'CON', '.lock', 'a_vti_b', 'a:b', ALL_FORBIDDEN])(
    'a file called "%s" from times with other rules is reachable',
    async name => {
      const { mailbox, dav } = await openTenant(showing(renamed('file', name)));
      await mailbox.put('/dir/file', 'x');
      const path = `/ada/dir/${encodeURIComponent(name)}`;
      expect(await membersOf(dav, '/ada/dir/')).toHaveLength(1);
      expect(await dav('GET', path)).toMatchObject({ status: 200, text: 'x' });
      expect((await dav('PUT', path, {}, 'new')).status).toBe(204);
      expect((await mailbox.read('/dir/file')).toString()).toBe('new');
      expect((await dav('MOVE', path, { Destination: '/ada/dir/better' })).status).toBe(201);
      expect(Object.keys(mailbox.tree())).toEqual(['/dir/', '/dir/better']);
    },
  );

  it.each([' leading', 'trailing.', '~$old', 'Forms', ALL_FORBIDDEN])(
    'what is in a folder called "%s" is reachable',
    async name => {
      const { mailbox, dav } = await openTenant(showing(renamed('folder', name)));
      await mailbox.put('/folder/sub/a.txt', 'x');
      const folder = `/ada/${encodeURIComponent(name)}`;
      expect((await dav('GET', `${folder}/sub/a.txt`)).text).toBe('x');
      expect((await dav('PUT', `${folder}/new.txt`, {}, 'new')).status).toBe(201);
      expect((await dav('MKCOL', `${folder}/made`)).status).toBe(201);
      expect(Object.keys(mailbox.tree()).sort()).toEqual([
        '/folder/',
        '/folder/made/',
        '/folder/new.txt',
        '/folder/sub/',
        '/folder/sub/a.txt',
      ]);
    },
  );

  it('everything in a folder of such names is found where it is listed, by looks, pages and views', async () => {
    const { mailbox, dav } = await openTenant(showing(item => item));
    for (const name of FORBIDDEN_TODAY) {
      await mailbox.plant(`/dir/${name}`, { content: name });
      await mailbox.plant(`/dir/in ${name}`, { kind: 'folder' });
    }
    const hrefs = await membersOf(dav, '/ada/dir/');
    expect(hrefs.map(decodeURIComponent).sort()).toEqual(
      FORBIDDEN_TODAY.flatMap(name => [`/ada/dir/${name}`, `/ada/dir/in ${name}/`]).sort(),
    );
    for (const href of hrefs.filter(each => !each.endsWith('/'))) {
      const name = decodeURIComponent(href).slice('/ada/dir/'.length);
      expect((await dav('GET', href)).text).toBe(name);
      expect((await dav('PROPFIND', href, { Depth: '0' })).status).toBe(207);
      expect(JSON.parse((await dav('GET', `${href}?view=details`)).text).name).toBe(name);
      expect((await dav('COPY', href, { Destination: '/ada/dir/copy' })).status).toBeLessThan(300);
      expect((await mailbox.read('/dir/copy')).toString()).toBe(name);
    }
    for (const href of hrefs.filter(each => each.endsWith('/'))) {
      expect(await membersOf(dav, href)).toEqual([]);
      expect((await dav('PUT', `${href}new.txt`, {}, 'new')).status).toBe(201);
      expect(await membersOf(dav, href)).toEqual([`${href}new.txt`]);
      expect((await dav('DELETE', href)).status).toBe(204);
    }
  });

  it('the rules for new names are kept for new names', async () => {
    const { mailbox, dav } = await openTenant(showing(item => item));
    mailbox.mkdir('/dir');
    for (const name of ['%20leading', 'trailing.', 'CON', 'a%3Ab', ...FORBIDDEN_TODAY.map(encodeURIComponent)]) {
      expect((await dav('PUT', `/ada/dir/${name}`, {}, 'x')).status).toBe(400);
      expect((await dav('MKCOL', `/ada/dir/${name}`)).status).toBe(400);
    }
    expect(Object.keys(mailbox.tree())).toEqual(['/dir/']);
  });

  it.each([
    ['encoded', (path: string) => encodeURI(decodeURIComponent(path.replaceAll('%25', '%2525')))],
    ['not encoded', (path: string) => path.replaceAll('%25', '%')],
  ])('a folder called "a%%41b" does not hide what is in it, when its path is %s', async (how, spell) => {
    const wire = showing(item => {
      const parent = item.parentReference as { path?: string } | undefined;
      const [start, path] = parent?.path?.split('/root:') ?? [];
      return path === undefined
        ? item
        : { ...item, parentReference: { ...parent, path: `${start}/root:${how === 'encoded' ? path : spell(path)}` } };
    });
    const { mailbox, dav } = await openTenant(wire);
    await mailbox.put('/a%41b/file', 'x');
    expect(await membersOf(dav, '/ada/a%2541b/')).toEqual(['/ada/a%2541b/file']);
    expect((await dav('GET', '/ada/a%2541b/file')).text).toBe('x');
  });

  it('a path that ends with "photo" is one with a colon at its end', async () => {
    const wire = createWire();
    const { mailbox, dav } = await openTenant(wire.wrap);
    await mailbox.put('/photo/a.jpg', 'x');
    await mailbox.put('/deep/photo', 'x');
    wire.script = ({ url }) =>
      /:\/([^:?]*\/)?photo(\?|$)/.test(url) ? { status: 400, body: '{"error":{"code":"invalidRequest"}}' } : undefined;
    expect(await membersOf(dav, '/ada/photo/')).toEqual(['/ada/photo/a.jpg']);
    expect((await dav('GET', '/ada/deep/photo')).status).toBe(200);
    expect((await dav('PUT', '/ada/deep/photo', {}, 'new')).status).toBe(204);
    expect((await dav('DELETE', '/ada/photo')).status).toBe(204);
  });
});

describe('B7: shortcuts to other drives', () => {
  const isLink = ({ name }: WireItemLike) => name === 'link' || name === 'link.txt';
  const asShortcut = showing(item => {
    const { file, folder, size, ...rest } = item;
    const remoteItem = { id: 'elsewhere', name: 'x', ...(file === undefined ? { folder: {} } : { file, size }) };
    return isLink(item) ? { ...rest, remoteItem } : item;
  });

  async function openLinks(): Promise<{ mailbox: MailboxHandle; dav: Dav }> {
    const wire = createWire();
    // Graph does not follow a shortcut in a path.
    wire.script = ({ url }) =>
      url.includes(':/link/') ? { status: 404, body: '{"error":{"code":"itemNotFound"}}' } : undefined;
    const tenant = await openTenant(inner => asShortcut(wire.wrap(inner)));
    await tenant.mailbox.put('/link/a.txt', 'x');
    await tenant.mailbox.put('/link.txt', 'hello');
    return tenant;
  }

  it('are listed, as what they lead to', async () => {
    const { dav } = await openLinks();
    expect(await membersOf(dav, '/ada/')).toEqual(['/ada/link.txt', '/ada/link/']);
    const { text } = await dav('PROPFIND', '/ada/link.txt', { Depth: '0' });
    expect(text).toContain('<D:getcontentlength>5</D:getcontentlength>');
  });

  it('are not followed, and are never 404', async () => {
    const { mailbox, dav } = await openLinks();
    const statuses = [
      await dav('PROPFIND', '/ada/link/', { Depth: '1' }),
      await dav('GET', '/ada/link/a.txt'),
      await dav('GET', '/ada/link.txt'),
      await dav('PUT', '/ada/link.txt', {}, 'y'),
      await dav('PUT', '/ada/link/b.txt', {}, 'y'),
      await dav('COPY', '/ada/link', { Destination: '/ada/copy' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 403]);
    expect((await mailbox.read('/link.txt')).toString()).toBe('hello');
  });

  it('have their names, and can be renamed and removed', async () => {
    const { mailbox, dav } = await openLinks();
    expect((await dav('MKCOL', '/ada/link')).status).toBe(405);
    expect((await dav('MOVE', '/ada/link.txt', { Destination: '/ada/other.txt' })).status).toBe(201);
    expect((await dav('DELETE', '/ada/link')).status).toBe(204);
    expect(Object.keys(mailbox.tree())).toEqual(['/other.txt']);
  });
});
