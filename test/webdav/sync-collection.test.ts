import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { askForChanges, propfindTree, readChanges, SyncClient } from '../support/sync-client.ts';

const FOLDER = '/m/folder/';
const asking = (prop: string) => `<D:propfind xmlns:D="DAV:"><D:prop><D:${prop}/></D:prop></D:propfind>`;

let door: FrontDoorTest;
let dav: Dav;
const memory = createMemoryDrive();
beforeAll(async () => {
  const silent = withFaults(createMemoryDrive(), {
    tellsChanges: () => false,
    changes: async () => ({ kind: 'unsupported' }),
    syncToken: async () => undefined,
  });
  const late = withFaults(createMemoryDrive(), { changes: async () => ({ kind: 'unsupported' }) });
  const huge = withFaults(createMemoryDrive(), { changes: async () => ({ kind: 'too-many' }) });
  const shortcut = withFaults(createMemoryDrive(), {
    changes: async () => ({
      ...{ kind: 'changes', token: 'urn:x', isComplete: true },
      changes: [{ names: ['a', 'link & co'], state: 'elsewhere' }],
    }),
  });
  const mounts = { m: memory, silent, late, huge, shortcut };
  door = await startFrontDoor({
    mounts: Object.entries(mounts).map(([name, drive]) => ({ name, drive, readOnly: false })),
  });
  dav = davClient(door);
});
afterAll(() => door.stop());
beforeEach(async () => {
  await dav('DELETE', FOLDER);
  await dav('MKCOL', FOLDER);
  await dav('PUT', `${FOLDER}a`, {}, 'a');
  await dav('MKCOL', `${FOLDER}sub`);
  await dav('PUT', `${FOLDER}sub/b`, {}, 'b');
});

const hrefs = (text: string) => readChanges(text).responses.map(({ href, status }) => `${status} ${href}`.trim());

describe('sync-collection', () => {
  it('tells members at first, without the folder itself, and with the properties asked for (RFC 6578 §3.4)', async () => {
    const { status, headers, text } = await askForChanges(dav, FOLDER);
    expect([status, headers.get('content-type'), headers.get('dav')]).toEqual([
      207,
      'application/xml; charset=utf-8',
      '1, 2, 3, extended-mkcol',
    ]);
    const { token, responses } = readChanges(text);
    expect(responses.map(({ href }) => href)).toEqual([`${FOLDER}a`, `${FOLDER}sub/`]);
    expect(() => new URL(token)).not.toThrow();
    const client = new SyncClient(dav, FOLDER, { level: '1' });
    await client.sync();
    expect(client.tree).toEqual(await propfindTree(dav, FOLDER, '1'));
  });

  it('tells what has changed and what is gone, with 404 and no propstat (RFC 6578 §3.5)', async () => {
    const { token } = readChanges((await askForChanges(dav, FOLDER, { level: 'infinite' })).text);
    await dav('DELETE', `${FOLDER}a`);
    await dav('PUT', `${FOLDER}sub/c d`, {}, 'c');
    const { text } = await askForChanges(dav, FOLDER, { level: 'infinite', token });
    expect(hrefs(text)[0]).toBe(`404 ${FOLDER}a`);
    expect(hrefs(text)).toContain(`${FOLDER}sub/c%20d`);
    expect(text).toContain(`<D:href>${FOLDER}a</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>`);
    expect(text).toMatch(/<D:sync-token>[^<]+<\/D:sync-token><\/D:multistatus>\n$/);
  });

  it('says by 507 for the folder that there is more, and goes on with the token (RFC 6578 §3.6)', async () => {
    const first = await askForChanges(dav, FOLDER, { level: 'infinite', limit: 2 });
    expect(first.status).toBe(207);
    const { token, responses } = readChanges(first.text);
    const [last, ...others] = responses.toReversed();
    expect(last).toMatchObject({ href: FOLDER, status: '507', error: 'DAV: number-of-matches-within-limits' });
    expect(others).toHaveLength(2);
    const second = readChanges((await askForChanges(dav, FOLDER, { level: 'infinite', token, limit: 2 })).text);
    expect(second.responses.map(({ href }) => href)).toEqual([`${FOLDER}sub/b`]);
  });

  it('the spelling of the request is that of the answer', async () => {
    expect(hrefs((await askForChanges(dav, '/M/Folder')).text)).toEqual(['/M/Folder/a', '/M/Folder/sub/']);
  });

  it('a folder of another drive is told with 403 (RFC 6578 §3.3)', async () => {
    const { responses } = readChanges((await askForChanges(dav, '/shortcut/', { level: 'infinite' })).text);
    expect(responses).toEqual([
      { href: '/shortcut/a/link%20%26%20co/', status: '403', error: 'DAV: sync-traversal-supported', props: {} },
    ]);
  });

  it('gives dead properties, and says which properties a member lacks unless it is not to', async () => {
    const set =
      '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x:p xmlns:x="urn:x">1</x:p></D:prop></D:set></D:propertyupdate>';
    await dav('PROPPATCH', `${FOLDER}sub/b`, {}, set);
    const props = '<x:p xmlns:x="urn:x"/><D:lockdiscovery/><x:q xmlns:x="urn:x"/>';
    const report = { level: 'infinite', props };
    const { text } = await askForChanges(dav, FOLDER, report);
    expect(text).toContain('<x:p xmlns:x="urn:x">1</x:p>');
    expect(text).toContain('404 Not Found');
    const minimal = await askForChanges(dav, FOLDER, { ...report, headers: { Prefer: 'return=minimal' } });
    expect(minimal.text).not.toContain('404 Not Found');
    expect(minimal.headers.get('preference-applied')).toBe('return=minimal');
  });

  it.each([
    ['', 'text'],
    ['urn:onedrive-webdav:sync:', 'a prefix'],
    ['urn:uuid:8b7f6b0c-0000-4000-8000-000000000000', 'a lock'],
    ['https://graph.microsoft.com/v1.0/drives/x/root/delta?token=y', 'a link'],
    ['http://127.0.0.1:1/', 'a place of the client'],
  ])('a token that is none of ours is 403 valid-sync-token: %s (%s)', async token => {
    const answer = await askForChanges(dav, FOLDER, { token: token || 'x' });
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('<D:valid-sync-token/>')]);
  });
});

describe('refusals', () => {
  const SYNC = '<D:sync-collection xmlns:D="DAV:">';
  const END = '</D:sync-collection>';
  const PROP = '<D:prop><D:getetag/></D:prop>';
  const LEVEL = '<D:sync-level>1</D:sync-level>';

  it.each([
    ['no body', '', 400],
    ['no XML', 'x', 400],
    ['a DOCTYPE', `<!DOCTYPE x>${SYNC}${LEVEL}${PROP}${END}`, 400],
    ['no level', `${SYNC}<D:sync-token/>${PROP}${END}`, 400],
    ['another level', `${SYNC}<D:sync-token/><D:sync-level>2</D:sync-level>${PROP}${END}`, 400],
    ['no properties', `${SYNC}<D:sync-token/>${LEVEL}${END}`, 400],
    ['a limit that is none', `${SYNC}${LEVEL}<D:limit><D:nresults>few</D:nresults></D:limit>${PROP}${END}`, 400],
    ['a limit without a number', `${SYNC}${LEVEL}<D:limit/>${PROP}${END}`, 400],
    ['nothing at all', `${SYNC}${LEVEL}<D:limit><D:nresults>0</D:nresults></D:limit>${PROP}${END}`, 507],
  ])('%s', async (_, body, expected) => {
    expect((await dav('REPORT', FOLDER, {}, body)).status).toBe(expected);
  });

  it.each(['1', 'infinity'])('Depth %s is 400, whatever the level is (RFC 6578 §3.2)', async depth => {
    expect((await askForChanges(dav, FOLDER, { headers: { Depth: depth } })).status).toBe(400);
  });

  it('a body in a coding is 415', async () => {
    expect((await askForChanges(dav, FOLDER, { headers: { 'Content-Encoding': 'gzip' } })).status).toBe(415);
  });

  it('Depth and the token may be left out', async () => {
    expect((await dav('REPORT', FOLDER, {}, `${SYNC}${LEVEL}${PROP}${END}`)).status).toBe(207);
  });

  it.each([
    ['another report', FOLDER, '<D:expand-property xmlns:D="DAV:"/>'],
    ['the root of the mounts', '/', undefined],
    ['a file', `${FOLDER}a`, undefined],
    ['a drive that cannot tell', '/silent/', undefined],
    ['a drive that finds out now that it cannot', '/late/', undefined],
  ])('%s is 403 supported-report', async (_, path, body) => {
    const answer = await (body === undefined ? askForChanges(dav, path) : dav('REPORT', path, {}, body));
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('<D:supported-report/>')]);
  });

  it('a missing folder is 404, a folder with too many members 507', async () => {
    expect((await askForChanges(dav, '/m/missing/')).status).toBe(404);
    const answer = await askForChanges(dav, '/huge/');
    expect([answer.status, answer.text]).toEqual([507, expect.stringContaining('number-of-matches-within-limits')]);
  });
});

describe('the report is announced', () => {
  const supported = '<D:supported-report><D:report><D:sync-collection/></D:report></D:supported-report>';

  it.each([
    [FOLDER, true],
    ['/m/', true],
    [`${FOLDER}a`, false],
    ['/', false],
    ['/silent/', false],
  ])('supported-report-set and Allow of %s: %s', async (path, isSupported) => {
    const { text } = await dav('PROPFIND', path, { Depth: '0' }, asking('supported-report-set'));
    expect(text.includes(supported)).toBe(isSupported);
    expect(text).toContain('200 OK');
    const { headers } = await dav('OPTIONS', path);
    expect(headers.get('allow')!.split(/, ?/).includes('REPORT')).toBe(isSupported);
  });

  it('sync-token is that of the report while nothing changes, and not among allprop', async () => {
    const tokenOf = async (path: string) => {
      const { text } = await dav('PROPFIND', path, { Depth: '0' }, asking('sync-token'));
      return /<D:sync-token>([^<]+)<\/D:sync-token>/.exec(text)?.[1];
    };
    const token = (await tokenOf(FOLDER))!;
    expect(hrefs((await askForChanges(dav, FOLDER, { token })).text)).toEqual([]);
    await dav('PUT', `${FOLDER}new`, {}, 'x');
    expect(hrefs((await askForChanges(dav, FOLDER, { token })).text)).toEqual([`${FOLDER}new`]);
    expect(await tokenOf(`${FOLDER}a`)).toBeUndefined();
    expect(await tokenOf('/')).toBeUndefined();
    expect((await dav('PROPFIND', FOLDER, { Depth: '0' })).text).not.toContain('sync-token');
  });
});

it('getctag of a folder changes with anything below it, and is asked for by name', async () => {
  const asked =
    '<D:propfind xmlns:D="DAV:"><D:prop><c:getctag xmlns:c="http://calendarserver.org/ns/"/></D:prop></D:propfind>';
  const ctagOf = async (path: string) => {
    const { text } = await dav('PROPFIND', path, { Depth: '0' }, asked);
    return />([^<]+)<\/x:getctag>/.exec(text)?.[1];
  };
  const [first, again] = [await ctagOf(FOLDER), await ctagOf(FOLDER)];
  await dav('PUT', `${FOLDER}sub/b`, {}, 'longer');
  expect([typeof first, again]).toEqual(['string', first]);
  expect(await ctagOf(FOLDER)).not.toBe(first);
  expect([await ctagOf(`${FOLDER}a`), await ctagOf('/'), await ctagOf('/silent/')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe('a token in an If header (RFC 6578 §5)', () => {
  const tokenNow = async (level: string) => readChanges((await askForChanges(dav, FOLDER, { level })).text).token;

  it.each(['1', 'infinite'])('guards a change of a member while nothing else has changed, level %s', async level => {
    const token = await tokenNow(level);
    const put = () => dav('PUT', `${FOLDER}mine`, { If: `<${FOLDER}> (<${token}>)` }, 'x');
    expect((await put()).status).toBe(201);
    expect((await put()).status).toBe(412);
  });

  it('holds for the folder of the request, alone or beside another, and with Not', async () => {
    const token = await tokenNow('1');
    const propfind = async (condition: string) => (await dav('PROPFIND', FOLDER, { Depth: '0', If: condition })).status;
    expect(await propfind(`(<${token}>)`)).toBe(207);
    expect(await propfind(`(Not <${token}>)`)).toBe(412);
    expect(await propfind(`(<urn:x>) (<${token}>)`)).toBe(207);
    await dav('DELETE', `${FOLDER}a`);
    expect(await propfind(`(<${token}>)`)).toBe(412);
    expect(await propfind(`(Not <${token}>)`)).toBe(207);
    expect((await askForChanges(dav, FOLDER, { headers: { If: `(<${token}>)` } })).status).toBe(412);
  });

  it('of another folder, of a file or of nothing does not hold', async () => {
    const token = await tokenNow('1');
    for (const path of ['/m/', `${FOLDER}a`, '/m/missing']) {
      expect((await dav('PUT', `${FOLDER}x`, { If: `<${path}> (<${token}>)` }, 'x')).status, path).toBe(412);
    }
  });

  it('as many as cost many calls are refused', async () => {
    const lists = Array.from({ length: 17 }, (_, index) => `(<urn:onedrive-webdav:sync:${index}>)`).join(' ');
    expect((await dav('PROPFIND', FOLDER, { Depth: '0', If: lists })).status).toBe(400);
  });
});

it('kept names are in no answer, as they are in no listing', async () => {
  const client = new SyncClient(dav, FOLDER, { level: 'infinite' });
  await client.sync();
  await dav('PUT', `${FOLDER}.DS_Store`, {}, 'x');
  await dav('PUT', `${FOLDER}sub/._b`, {}, 'x');
  await client.sync();
  expect([...client.tree.keys()].some(href => href.includes('DS_Store') || href.includes('._b'))).toBe(false);
  expect(client.tree).toEqual(await propfindTree(dav, FOLDER, 'infinite'));
  await dav('MKCOL', `${FOLDER}.lock`);
  expect((await askForChanges(dav, `${FOLDER}.lock/`)).text).toContain('supported-report');
});

it('a user who may not see a mount learns nothing of it', async () => {
  const own = await startFrontDoor({
    mounts: [{ name: 'm', drive: memory, readOnly: false }],
    users: [{ name: 'user', mounts: [], access: 'read' }],
  });
  try {
    expect((await askForChanges(davClient(own), FOLDER)).status).toBe(404);
  } finally {
    await own.stop();
  }
});
