import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { withFaults } from '../support/faulty-drive.ts';
import type { FrontDoorOptions, FrontDoorTest } from '../support/front-door.ts';
import { type MadeShare, makeShare, startShares, visitor } from '../support/shares.ts';

const LOCK_INFO =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const BROWSER = { Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin', Origin: 'null' };
const MIB = 1024 ** 2;

let front: FrontDoorTest;
let dav: Dav;
let share: MadeShare;

async function start(options: FrontDoorOptions = {}, input: object = {}): Promise<void> {
  front = await startShares(options);
  dav = davClient(front);
  await dav('MKCOL', '/m/inbox/');
  await dav('PUT', '/m/inbox/taken.txt', {}, 'a private text');
  share = await makeShare(dav, '/m/inbox/', { kind: 'upload', ...input });
}
afterEach(() => front.stop());

/** Sends a form as a browser does. */
async function send(
  files: Readonly<Record<string, string>>,
  { headers = BROWSER, path = share.root }: { headers?: Record<string, string>; path?: string } = {},
) {
  const form = new FormData();
  for (const [name, text] of Object.entries(files)) {
    form.append('files', new File([text], name));
  }
  const encoded = new Response(form);
  const type = encoded.headers.get('content-type')!;
  return visitor(front)('POST', path, { ...headers, 'Content-Type': type }, Buffer.from(await encoded.arrayBuffer()));
}

/** Sends a body as it is. */
const raw = (body: string, headers: Record<string, string> = {}) =>
  visitor(front)(
    'POST',
    share.root,
    { 'Content-Type': 'multipart/form-data; boundary=b', ...BROWSER, ...headers },
    body,
  );
const part = (name: string, text: string) =>
  `--b\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n\r\n${text}\r\n`;

const textAt = async (path: string) => {
  const { status, text } = await dav('GET', `/m/inbox/${encodeURIComponent(path)}`);
  return status === 200 ? text : status;
};
const names = async () => {
  const { text } = await dav('GET', '/m/inbox/?view=entries');
  return text
    .split('\n')
    .flatMap(line => (line === '' ? [] : (JSON.parse(line).entries ?? [])))
    .map(({ name }: { name: string }) => name)
    .toSorted();
};

describe('the form of a share that takes uploads', () => {
  it('is on its page, which works without scripts and sends to this server alone', async () => {
    await start();
    const page = await visitor(front)('GET', share.root, { Accept: 'text/html' });
    expect(page.text).toContain(`<form method="post" action="${share.root}" enctype="multipart/form-data">`);
    expect(page.headers.get('Content-Security-Policy')).toContain("form-action 'self'");
    expect(page.text).not.toContain('taken.txt');
  });

  it('takes several files at once, and says so; an empty field is none', async () => {
    await start();
    const answer = await send({ 'one.txt': 'first', 'two ü #%.txt': 'second', '': '' });
    expect(answer.status).toBe(201);
    expect([await textAt('one.txt'), await textAt('two ü #%.txt')]).toEqual(['first', 'second']);
    expect(await names()).toEqual(['one.txt', 'taken.txt', 'two ü #%.txt']);
    expect(answer.text).toContain('<bdi translate="no">two ü #%.txt</bdi> was sent');
    expect(answer.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'/);
  });

  it('never replaces anything: a taken name gets another one', async () => {
    await start();
    const first = await send({ 'taken.txt': 'mine' });
    expect(first.text).toContain('<bdi translate="no">taken (2).txt</bdi>');
    await send({ 'taken.txt': 'mine, too', 'TAKEN.txt': 'and mine' });
    expect(await names()).toHaveLength(4);
    expect(await textAt('taken.txt')).toBe('a private text');
    expect([await textAt('taken (2).txt'), await textAt('taken (3).txt')]).toEqual(['mine', 'mine, too']);
  });

  it('replaces nothing that comes while the file arrives', async () => {
    const memory = createMemoryDrive();
    const faults: { write?: typeof memory.write } = {};
    const drive = new Proxy(memory, { get: (_, name) => Reflect.get(withFaults(memory, faults), name) });
    await start({ drive });
    faults.write = async (path, body, options) => {
      delete faults.write;
      await dav('PUT', '/m/inbox/new.txt', {}, 'by the owner');
      return memory.write(path, body, options);
    };
    const answer = await send({ 'new.txt': 'by a visitor' });
    expect(answer.status).toBe(412);
    expect(answer.text).toContain('was not sent');
    expect(await textAt('new.txt')).toBe('by the owner');
  });

  it.each([
    ['folders before the name', '..\\..\\up.txt', 'up.txt'],
    ['other folders', '/m/out/deep.txt', 'deep.txt'],
    ['markup', "<b>'x.txt", "<b>'x.txt"],
  ])('takes a name by its last part, as text: %s', async (_, given, stored) => {
    await start();
    const answer = await raw(`${part(given.replaceAll('\\', '\\\\'), 'x')}--b--\r\n`);
    expect(answer.status).toBe(201);
    expect(await names()).toEqual([stored, 'taken.txt'].toSorted());
    expect(answer.text).not.toContain('<b>');
  });

  it.each(['..', '.', 'a\u0001b', ''])('refuses the name %j, and takes the files beside it', async name => {
    await start();
    const answer = await raw(`${part('good.txt', 'x')}${part(name, 'x')}${part('last.txt', 'y')}--b--\r\n`);
    expect(answer.text).toContain('was not sent');
    expect(await names()).toEqual(['good.txt', 'last.txt', 'taken.txt']);
  });

  it('stores nothing of a form that is cut, whether its connection breaks or its end is missing', async () => {
    await start();
    expect(
      (
        await raw(
          `${part('whole.txt', 'x')}--b\r\nContent-Disposition: form-data; name="files"; filename="half.txt"\r\n\r\nhal`,
        )
      ).status,
    ).toBe(400);
    expect(await names()).toEqual(['taken.txt', 'whole.txt']);
    const broken = httpRequest(`${front.url}${share.root}`, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': '100000', ...BROWSER },
    });
    broken.on('error', () => {});
    broken.write(part('broken.txt', 'x'.repeat(70_000)).slice(0, 60_000));
    await eventually(() => expect(front.underWay.all()).toHaveLength(1));
    broken.destroy();
    await new Promise(resolve => broken.once('close', resolve));
    await eventually(() => expect(front.underWay.all()).toHaveLength(0));
    expect(await names()).toEqual(['taken.txt', 'whole.txt']);
  });

  it('reads a file as it is stored, never ahead of it', async () => {
    const memory = createMemoryDrive();
    let read = 0;
    let goOn = () => {};
    const held = new Promise<void>(resolve => {
      goOn = resolve;
    });
    const faults: { write?: typeof memory.write } = {};
    const drive = new Proxy(memory, { get: (_, name) => Reflect.get(withFaults(memory, faults), name) });
    await start({ drive });
    faults.write = (path, body, options) => {
      async function* slow() {
        for await (const chunk of body) {
          read += chunk.length;
          await held;
          yield chunk;
        }
      }
      return memory.write(path, slow(), options);
    };
    const sending = send({ 'large.bin': 'x'.repeat(24 * MIB), 'next.txt': 'next' });
    await eventually(() => expect(read).toBeGreaterThan(0));
    // What sockets and streams hold does not depend on the size of the file.
    expect(front.underWay.all()[0]!.bytes().read).toBeLessThan(8 * MIB);
    goOn();
    expect((await sending).status).toBe(201);
    expect((await dav('HEAD', '/m/inbox/large.bin')).headers.get('Content-Length')).toBe(String(24 * MIB));
    expect(await textAt('next.txt')).toBe('next');
  });

  it('says what happened to each file, and goes on after one that fails', async () => {
    const memory = createMemoryDrive();
    const drive = withFaults(memory, {
      write: async (path, body, options) => {
        if (path.at(-1) === 'second.txt') {
          throw new DriveError('quota', 'the drive of ada@contoso.com is full', { cause: new Error('Graph says') });
        }
        return memory.write(path, body, options);
      },
    });
    await start({ drive });
    const answer = await send({ 'first.txt': 'x', 'second.txt': 'x'.repeat(300_000), 'third.txt': 'y' });
    expect(answer.status).toBe(201);
    expect(answer.text).toContain('was not sent: <bdi>there is no room left');
    expect(answer.text).not.toContain('contoso');
    expect(await names()).toEqual(['first.txt', 'taken.txt', 'third.txt']);
    expect((await send({ 'second.txt': 'x' })).status).toBe(507);
  });

  it('respects the locks of others', async () => {
    await start();
    const locked = await dav('LOCK', '/m/inbox/', { 'Content-Type': 'text/xml', Depth: 'infinity' }, LOCK_INFO);
    expect(locked.status).toBe(200);
    expect((await send({ 'new.txt': 'x' })).status).toBe(423);
    expect(await names()).toEqual(['taken.txt']);
  });

  it.each([
    ['a page elsewhere', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['a page of a neighbour', { 'Sec-Fetch-Site': 'same-site', Origin: 'null' }],
    ['an old browser on a page elsewhere', { Origin: 'https://evil.example' }],
    ['an old browser that hides its page', { Origin: 'null' }],
  ])('takes nothing from %s', async (_, headers) => {
    await start();
    const answer = await send({ 'new.txt': 'x' }, { headers: { Accept: 'text/html', ...headers } });
    expect(answer.status).toBe(403);
    expect(await names()).toEqual(['taken.txt']);
  });

  it('needs the password of the share, takes programs, and is in the trail with the names', async () => {
    await start({}, { password: 'open sesame' });
    expect((await send({ 'new.txt': 'x' })).status).toBe(401);
    const form = `${part('by curl.txt', 'x')}--b--\r\n`;
    const type = { 'Content-Type': 'multipart/form-data; boundary=b' };
    expect((await visitor(front, 'open sesame')('POST', share.root, type, form)).status).toBe(201);
    await eventually(() => {
      const line = front.logged.map(each => JSON.parse(each)).find(({ action }) => action === 'send-form');
      expect(line).toMatchObject({ audit: 'file-created', files: ['by curl.txt'], user: `share:${share.id}` });
    });
    expect(front.logged.join('\n')).not.toContain(share.token);
  });

  it('is at the root of such a share alone', async () => {
    await start();
    const read = await makeShare(dav, '/m/inbox/', { kind: 'read' });
    await dav('MKCOL', '/m/inbox/below/');
    for (const path of [read.root, `${share.root}below/`, `${share.root}?action=upload`, `${share.root}new.txt`]) {
      const { status } = await send({ 'x.txt': 'x' }, { path });
      expect([path, [403, 400, 405, 415].includes(status)]).toEqual([path, true]);
    }
    expect(await names()).toEqual(['below', 'taken.txt']);
  });

  it('refuses a form that is none', async () => {
    await start();
    expect((await raw('nothing')).status).toBe(400);
    expect((await raw('', { 'Content-Type': 'multipart/form-data; charset=utf-8' })).status).toBe(400);
    expect(await names()).toEqual(['taken.txt']);
  });
});
