import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const KIB = 1024;
const UNIT = 320 * KIB;
const REPLACE = '@microsoft.graph.conflictBehavior=replace';

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;

async function start(options: EmulatorOptions = {}): Promise<void> {
  emulator = await createEmulator(options);
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com', quotaBytes: 50 * KIB * KIB });
  client = await microsoftClient(emulator);
}

beforeEach(() => start());
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const drive = (rest: string) => `/drives/${mailbox.driveId}${rest}`;
const codesOf = ({ status, json }: MicrosoftAnswer): unknown[] => [
  status,
  json?.error?.code,
  json?.error?.innerError?.code,
];
const rules = () => emulator.violations.map(({ rule }) => rule);

describe('token', () => {
  it.each([
    ['a wrong secret', { client_secret: 'x' }, undefined, 401, 'invalid_client', 7000215],
    ['an unknown client', { client_id: 'x' }, undefined, 400, 'unauthorized_client', 700016],
    ['another scope', { scope: 'https://graph.microsoft.com/Files.Read' }, undefined, 400, 'invalid_scope', 1002012],
    ['an unknown tenant', {}, '00000000-0000-0000-0000-000000000000', 400, 'invalid_request', 90002],
    ['a tenant that is none', {}, 'nonsense', 400, 'invalid_request', 900023],
  ])('refuses %s', async (_, form, tenant, status, error, code) => {
    const answer = await client.token(form, tenant);
    expect([answer.status, answer.json.error, answer.json.error_codes]).toEqual([status, error, [code]]);
    expect(answer.json.error_description).toMatch(new RegExp(`^AADSTS${code}: .*\\r\\nTrace ID: `));
  });

  it('is issued without roles when consent is missing, and then everything is 403', async () => {
    emulator.setApplication({ roles: [] });
    const bearer = (await client.token()).json.access_token;
    const answer = await client.plain(`https://graph.microsoft.com/v1.0${drive('/root')}`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
    expect(codesOf(answer)).toEqual([403, 'AccessDenied', undefined]);
    expect(answer.json.error.message).toContain('roles claim need to be present');
  });

  it('must be there and good', async () => {
    expect((await client.plain(`https://graph.microsoft.com/v1.0${drive('/root')}`)).status).toBe(401);
    expect((await client.graph(drive('/root'), { headers: { authorization: 'Bearer x.y.z' } })).json.error.code).toBe(
      'InvalidAuthenticationToken',
    );
  });
});

describe('users and drives', () => {
  it('shows a user, and the drive with its quota', async () => {
    expect((await client.graph('/users/ADA@contoso.com')).json).toMatchObject({ userPrincipalName: 'ada@contoso.com' });
    const { json } = await client.graph(`/users/${mailbox.userId}/drive`);
    expect(json).toMatchObject({ id: mailbox.driveId, driveType: 'business', quota: { used: 0, state: 'normal' } });
    expect(json.id).toMatch(/^b![\w-]{64}$/);
    expect(codesOf(await client.graph('/users/nobody@contoso.com/drive'))).toEqual([
      404,
      'Request_ResourceNotFound',
      undefined,
    ]);
  });

  it('pages users', async () => {
    for (let index = 0; index < 4; index += 1) {
      emulator.addMailbox({ upn: `user${index}@contoso.com` });
    }
    const first = (await client.graph('/users?$top=3')).json;
    const second = await client.graph(String(first['@odata.nextLink']).replace('https://graph.microsoft.com/v1.0', ''));
    expect([first.value.length, second.json.value.length, second.json['@odata.nextLink']]).toEqual([3, 2, undefined]);
  });

  it('shows of users what $select names, and no accountEnabled without it', async () => {
    emulator.addMailbox({ upn: 'off@contoso.com', accountEnabled: false, mail: null });
    const selected = (await client.graph('/users?$select=id,accountEnabled,mail')).json.value;
    expect(selected[0]).toEqual({ id: mailbox.userId, accountEnabled: true, mail: 'ada@contoso.com' });
    expect(selected[1]).toMatchObject({ accountEnabled: false, mail: null });
    const [shown] = (await client.graph('/users')).json.value;
    expect(shown).toMatchObject({ userPrincipalName: 'ada@contoso.com', jobTitle: null });
    expect(shown).not.toHaveProperty('accountEnabled');
    expect((await client.graph('/users?$select=mySite')).status).toBe(501);
  });

  it.each(['0', '1000', 'x'])('refuses a page of %s users', async size => {
    expect(codesOf(await client.graph(`/users?$top=${size}`))).toEqual([400, 'Request_UnsupportedQuery', undefined]);
  });

  it('answers 501 to unknown requests, loudly', async () => {
    for (const path of [drive('/root/listItem'), '/sites/delta/x', '/groups/x/owners', drive('/root/sharedWithMe')]) {
      expect((await client.graph(path)).status).toBe(501);
    }
  });
});

describe('items', () => {
  it('have ids and tags in the form of SharePoint, by id and by path, whatever the case', async () => {
    await mailbox.put('/Folder #1/File 100%.txt', 'hello');
    const { json } = await client.graph(drive('/root:/folder%20%231/FILE%20100%25.TXT'));
    expect(json.name).toBe('File 100%.txt');
    expect(json.id).toMatch(/^01[A-Z2-7]{32}$/);
    expect(json.eTag).toMatch(/^"\{[0-9A-F-]{36}\},\d+"$/);
    expect(json.cTag).toMatch(/^"c:\{[0-9A-F-]{36}\},\d+"$/);
    expect(json.file.hashes.quickXorHash).toBe('aCgDG9jwBgAAAAAABQAAAAAAAAA=');
    expect((await client.graph(drive(`/items/${json.id}`))).json.name).toBe(json.name);
    expect((await client.graph(drive(`/items/${String(json.id).toLowerCase()}`))).status).toBe(404);
    const root = (await client.graph(drive('/root'))).json;
    expect([root.id.endsWith('6Y2GOVW7725BZO354PWSELRRZ'), root.cTag]).toEqual([true, undefined]);
  });

  it('$select drops the download URL unless its property is named', async () => {
    await mailbox.put('/file', 'x');
    const key = '@microsoft.graph.downloadUrl';
    expect((await client.graph(drive('/root:/file'))).json[key]).toMatch(/^https:\/\/contoso-my\.sharepoint\.com\//);
    expect((await client.graph(drive('/root:/file?$select=id,name'))).json).not.toHaveProperty([key]);
    expect((await client.graph(drive('/root:/file?$select=id,content.downloadUrl'))).json).toHaveProperty([key]);
  });

  it('are listed in pages with an opaque link; $skip is refused', async () => {
    for (let index = 0; index < 450; index += 1) {
      mailbox.mkdir(`/${index}`);
    }
    const names: unknown[] = [];
    for (let path: string | undefined = drive('/root/children'); path !== undefined; ) {
      const { json }: MicrosoftAnswer = await client.graph(path);
      names.push(...json.value.map((item: { name: string }) => item.name));
      path = (json['@odata.nextLink'] as string | undefined)?.replace('https://graph.microsoft.com/v1.0', '');
    }
    expect([names.length, new Set(names).size]).toEqual([450, 450]);
    expect((await client.graph(drive('/root/children?$skip=1'))).status).toBe(400);
    expect((await client.graph(drive('/root/children?$skiptoken=x'))).status).toBe(400);
  });

  it.each(['a:b', 'a*b', 'CON', '.lock', '~$x', 'x.', ' x', 'x_vti_y', 'x'.repeat(256)])(
    'cannot be called %j',
    async name => {
      const { status } = await client.graph(drive('/root/children'), {
        method: 'POST',
        body: { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' },
      });
      expect(status).toBe(400);
    },
  );

  it('clash whatever their case, as conflictBehavior says', async () => {
    const create = (name: string, conflict: string) =>
      client.graph(drive('/root/children'), {
        method: 'POST',
        body: { name, folder: {}, '@microsoft.graph.conflictBehavior': conflict },
      });
    expect((await create('Name', 'fail')).status).toBe(201);
    expect(codesOf(await create('nAME', 'fail'))).toEqual([409, 'nameAlreadyExists', undefined]);
    expect((await create('Name', 'replace')).status).toBe(409);
    expect((await create('Name', 'rename')).json.name).toBe('Name 1');
    expect((await create('Éclair', 'fail')).status).toBe(201);
    expect((await create('éCLAIR', 'fail')).status).toBe(409);
  });

  it('move with their id; times need to be sent along, roots by their real id', async () => {
    await mailbox.put('/a/file', 'x', { modified: new Date('2020-01-01T00:00:00Z') });
    mailbox.mkdir('/b');
    const [file, b] = [mailbox.stat('/a/file')!, mailbox.stat('/b')!];
    const patch = (body: object) =>
      client.graph(drive(`/items/${file.id}`), {
        method: 'PATCH',
        body: { '@microsoft.graph.conflictBehavior': 'fail', ...body },
      });
    expect((await patch({ parentReference: { id: 'root' } })).status).toBe(400);
    const kept = await patch({
      parentReference: { id: b.id },
      name: 'moved',
      fileSystemInfo: { lastModifiedDateTime: '2020-01-01T00:00:00Z' },
    });
    expect([kept.json.id, kept.json.fileSystemInfo.lastModifiedDateTime]).toEqual([file.id, '2020-01-01T00:00:00Z']);
    expect((await patch({ name: 'again' })).json.fileSystemInfo.lastModifiedDateTime).not.toBe('2020-01-01T00:00:00Z');
    const parent = mailbox.stat('/b')!;
    mailbox.mkdir('/b/inner');
    const inside = await client.graph(drive(`/items/${parent.id}`), {
      method: 'PATCH',
      body: { parentReference: { id: mailbox.stat('/b/inner')!.id }, '@microsoft.graph.conflictBehavior': 'fail' },
    });
    expect(inside.status).toBe(400);
  });

  it('setting a time makes a version and a new eTag, not a new cTag', async () => {
    await mailbox.put('/file', 'x');
    const before = (await client.graph(drive('/root:/file'))).json;
    const { json } = await client.graph(drive('/root:/file'), {
      method: 'PATCH',
      body: { fileSystemInfo: { lastModifiedDateTime: '2020-01-01T00:00:00Z' } },
    });
    expect([json.cTag === before.cTag, json.eTag === before.eTag, mailbox.stat('/file')?.versions]).toEqual([
      true,
      false,
      2,
    ]);
  });

  it('keep If-Match on PATCH and DELETE', async () => {
    await mailbox.put('/file', 'x');
    const stale = { 'if-match': '"{0},1"' };
    expect((await client.graph(drive('/root:/file'), { method: 'DELETE', headers: stale })).status).toBe(412);
    const { eTag } = (await client.graph(drive('/root:/file'))).json;
    expect((await client.graph(drive('/root:/file'), { method: 'DELETE', headers: { 'if-match': eTag } })).status).toBe(
      204,
    );
  });

  it('copy asynchronously: a clash shows in the monitor only, which takes no token', async () => {
    await mailbox.put('/tree/leaf', 'x');
    mailbox.mkdir('/taken');
    const copy = (name: string) =>
      client.graph(drive('/root:/tree:/copy?@microsoft.graph.conflictBehavior=fail'), {
        method: 'POST',
        body: { name },
      });
    const monitorOf = ({ headers }: MicrosoftAnswer) => String(headers.location);
    const started = await copy('new');
    expect([started.status, started.text]).toEqual([202, '']);
    expect((await client.plain(monitorOf(started))).json.status).toBe('inProgress');
    expect((await client.plain(monitorOf(started))).json.status).toBe('completed');
    expect(mailbox.stat('/new/leaf')?.size).toBe(1);
    const clashing = monitorOf(await copy('taken'));
    await client.plain(clashing);
    expect((await client.plain(clashing)).json).toMatchObject({
      status: 'failed',
      error: { code: 'nameAlreadyExists' },
    });
    expect((await client.plain(clashing, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
  });
});

describe('content', () => {
  it('PUT creates and replaces, makes versions, and makes the folders of its path', async () => {
    const put = (path: string, body: string) =>
      client.graph(drive(`/root:${path}:/content?${REPLACE}`), { method: 'PUT', body });
    expect((await put('/new/folder/file', 'one')).status).toBe(201);
    expect((await put('/new/folder/FILE', 'two')).status).toBe(200);
    expect(mailbox.stat('/new/folder/file')).toMatchObject({ name: 'file', versions: 2 });
    expect((await mailbox.read('/new/folder/file')).toString()).toBe('two');
    const { id } = mailbox.stat('/new')!;
    expect(
      codesOf(await client.graph(drive(`/items/${id}x:/y:/content?${REPLACE}`), { method: 'PUT', body: 'x' }))[0],
    ).toBe(404);
  });

  it('GET is a 302 to the content host, which serves ranges and refuses credentials', async () => {
    await mailbox.put('/file', '0123456789');
    const { status, headers, text } = await client.graph(drive('/root:/file:/content'));
    expect([status, text]).toEqual([302, '']);
    const url = String(headers.location);
    const get = (range?: string, more = {}) => client.plain(url, { headers: { ...(range ? { range } : {}), ...more } });
    const part = await get('bytes=2-4');
    expect([part.status, part.text, part.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10']);
    expect((await get('bytes=20-')).status).toBe(416);
    expect((await get()).text).toBe('0123456789');
    expect((await get(undefined, { authorization: 'Bearer x' })).status).toBe(401);
    const [base, query] = url.split('?');
    expect((await client.plain(`${base}?${query!.split('&').reverse().join('&')}`)).status).toBe(401);
    expect(rules()).toEqual(['authorization', 'altered-url']);
  });

  it('download URLs expire', async () => {
    await client.close();
    await emulator.close();
    const clock = fakeClock();
    await start({ clock });
    await mailbox.put('/file', 'x');
    const url = (await client.graph(drive('/root:/file'))).json['@microsoft.graph.downloadUrl'] as string;
    expect((await client.plain(url)).status).toBe(200);
    clock.advance(61 * 60_000);
    expect((await client.plain(url)).status).toBe(401);
  });
});

describe('upload sessions', () => {
  async function open(
    name = 'big',
    item: object = { '@microsoft.graph.conflictBehavior': 'replace' },
  ): Promise<string> {
    const { json } = await client.graph(drive(`/root:/${name}:/createUploadSession`), {
      method: 'POST',
      body: { item },
    });
    return json.uploadUrl;
  }

  const put = (url: string, start: number, bytes: Buffer, total: number, headers = {}) =>
    client.plain(url, {
      method: 'PUT',
      body: bytes,
      headers: { 'content-range': `bytes ${start}-${start + bytes.length - 1}/${total}`, ...headers },
    });

  it('take fragments in order and commit with the last; nothing shows before', async () => {
    const url = await open('big', {
      '@microsoft.graph.conflictBehavior': 'replace',
      fileSystemInfo: { lastModifiedDateTime: '2020-01-01T00:00:00Z' },
    });
    const total = 2 * UNIT + 5;
    const first = await put(url, 0, Buffer.alloc(UNIT, 'a'), total);
    expect([first.status, first.json.nextExpectedRanges]).toEqual([202, [`${UNIT}-${total - 1}`]]);
    expect(mailbox.stat('/big')).toBeUndefined();
    await put(url, UNIT, Buffer.alloc(UNIT, 'b'), total);
    const last = await put(url, 2 * UNIT, Buffer.alloc(5, 'c'), total);
    expect([last.status, last.json.size, last.json.fileSystemInfo.lastModifiedDateTime]).toEqual([
      201,
      total,
      '2020-01-01T00:00:00Z',
    ]);
    expect((await client.plain(url)).status).toBe(404);
    expect(emulator.violations).toEqual([]);
  });

  it('refuse overlaps, gaps, other totals and long fragments as invalidRange, and go on', async () => {
    const url = await open();
    const total = 4 * UNIT;
    await put(url, 0, Buffer.alloc(UNIT), total);
    expect(codesOf(await put(url, 0, Buffer.alloc(UNIT), total))).toEqual([416, 'invalidRange', 'fragmentOverlap']);
    expect(codesOf(await put(url, 2 * UNIT, Buffer.alloc(UNIT), total))).toEqual([
      416,
      'invalidRange',
      'fragmentOutOfOrder',
    ]);
    expect(codesOf(await put(url, UNIT, Buffer.alloc(UNIT), total + 1))).toEqual([
      416,
      'invalidRange',
      'fragmentLengthMismatch',
    ]);
    expect((await client.plain(url)).json.nextExpectedRanges).toEqual([`${UNIT}-${total - 1}`]);
    expect((await put(url, UNIT, Buffer.alloc(UNIT), total)).status).toBe(202);
  });

  it('refuse credentials, empty files and personal options, and note odd fragments', async () => {
    const url = await open();
    expect((await put(url, 0, Buffer.alloc(UNIT), 2 * UNIT, { authorization: 'Bearer x' })).status).toBe(401);
    expect(
      (await client.plain(url, { method: 'PUT', headers: { 'content-range': 'bytes 0-0/0' }, body: 'x' })).status,
    ).toBe(400);
    expect(
      (await client.graph(drive('/root:/x:/createUploadSession'), { method: 'POST', body: { item: { fileSize: 1 } } }))
        .status,
    ).toBe(400);
    await put(url, 0, Buffer.alloc(1000), 2000);
    expect(rules()).toEqual(['authorization', 'fragment-size']);
  });

  it('can be cancelled, expire, and end when the name was taken meanwhile', async () => {
    const url = await open('cancelled');
    expect((await client.plain(url, { method: 'DELETE' })).status).toBe(204);
    expect(codesOf(await put(url, 0, Buffer.alloc(10), 10))).toEqual([404, 'itemNotFound', 'uploadSessionNotFound']);
    const failing = await open('taken', { '@microsoft.graph.conflictBehavior': 'fail' });
    await mailbox.put('/taken', 'first');
    expect(codesOf(await put(failing, 0, Buffer.alloc(10), 10))).toEqual([409, 'nameAlreadyExists', undefined]);
  });

  it('commit on request when they were opened with deferCommit, and stop at the quota', async () => {
    const { json } = await client.graph(drive('/root:/deferred:/createUploadSession'), {
      method: 'POST',
      body: { item: { '@microsoft.graph.conflictBehavior': 'replace' }, deferCommit: true },
    });
    expect((await put(json.uploadUrl, 0, Buffer.alloc(10), 10)).status).toBe(202);
    expect(mailbox.stat('/deferred')).toBeUndefined();
    expect((await client.plain(json.uploadUrl, { method: 'POST', headers: { 'content-length': '0' } })).status).toBe(
      201,
    );
    const url = await open('large');
    const half = Buffer.alloc(96 * UNIT);
    await put(url, 0, half, 2 * half.length);
    expect(codesOf(await put(url, half.length, half, 2 * half.length))).toEqual([
      507,
      'quotaLimitReached',
      'insufficientStorage',
    ]);
  });
});

describe('strict mode', () => {
  it('notes a retry before Retry-After, a missing conflictBehavior and /me', async () => {
    emulator.setFault(() => ({ status: 429, retryAfter: '60' }));
    await client.graph(drive('/root'));
    emulator.setFault(undefined);
    await client.graph(drive('/root'));
    await client.graph(drive('/root:/x:/content'), { method: 'PUT', body: 'x' });
    await client.graph('/me/drive');
    expect(new Set(rules())).toEqual(new Set(['retry-after', 'conflict-behavior', 'me']));
  });
});
