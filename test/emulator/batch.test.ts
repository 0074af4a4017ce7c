import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { throttleGraph } from '../../src/emulator/faults.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };

let emulator: Emulator;
let mailbox: MailboxHandle;
let client: MicrosoftClient;

beforeEach(async () => {
  emulator = await createEmulator();
  mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  await mailbox.put('/file.txt', 'hello');
});
afterEach(async () => {
  await client.close();
  await emulator.close();
});

const drive = (rest: string) => `/drives/${mailbox.driveId}${rest}`;
const send = (requests: unknown) => client.graph('/$batch', { method: 'POST', body: { requests } });
const get = (id: string, url: string, more: object = {}) => ({ id, method: 'GET', url, ...more });
const mkdir = (id: string, name: unknown, more: object = {}) => ({
  ...{ id, method: 'POST', url: drive('/root/children'), headers: JSON_TYPE, ...more },
  body: { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' },
});

function statuses({ json }: MicrosoftAnswer): Record<string, number> {
  return Object.fromEntries(json.responses.map((each: { id: string; status: number }) => [each.id, each.status]));
}

function bodyOf({ json }: MicrosoftAnswer, id: string): MicrosoftAnswer['json'] {
  return json.responses.find((each: { id: string }) => each.id === id);
}

describe('a batch', () => {
  it('answers each request for itself, in one 200', async () => {
    const answer = await send([
      get('a', drive('/root:/file.txt')),
      get('b', drive('/root:/nothing')),
      get('c', drive('/root:/file.txt:/content')),
      get('d', 'users/ada@contoso.com'),
      get('e', drive('/root/nonsense')),
    ]);
    expect(answer.status).toBe(200);
    expect(statuses(answer)).toEqual({ a: 200, b: 404, c: 302, d: 200, e: 501 });
    expect(bodyOf(answer, 'a')).toMatchObject({ headers: JSON_TYPE, body: { name: 'file.txt', size: 5 } });
    expect(bodyOf(answer, 'b').body.error.code).toBe('itemNotFound');
    const { headers, body } = bodyOf(answer, 'c');
    expect(body).toBeUndefined();
    expect((await client.plain(headers.location)).text).toBe('hello');
  });

  it('takes JSON and base64, and the headers of each request', async () => {
    const [{ eTag }] = (await client.graph(drive('/root/children'))).json.value;
    const url = drive('/root:/file.txt:/content?@microsoft.graph.conflictBehavior=replace');
    const answer = await send([
      mkdir('1', 'folder'),
      {
        ...{ id: '2', method: 'put', url, body: Buffer.from([0, 1, 255]).toString('base64') },
        headers: { 'content-type': 'application/octet-stream', 'If-Match': eTag },
      },
      get('3', drive('/root:/file.txt'), { headers: { 'If-None-Match': eTag } }),
      { id: '4', method: 'DELETE', url: drive('/root:/file.txt'), headers: { 'if-match': eTag } },
      { id: '5', method: 'DELETE', url: drive('/root:/folder') },
    ]);
    expect(statuses(answer)).toEqual({ 1: 201, 2: 200, 3: 200, 4: 412, 5: 204 });
    expect(bodyOf(answer, '5')).toEqual({ id: '5', status: 204, headers: { 'x-ms-resource-unit': '2' } });
    expect(await mailbox.read('/file.txt')).toEqual(Buffer.from([0, 1, 255]));
    expect(emulator.violations).toEqual([]);
  });

  it('waits for what a request depends on, wherever it stands, and gives 424 when that has failed', async () => {
    const answer = await send([
      get('late', drive('/root:/new'), { dependsOn: ['make'] }),
      mkdir('make', 'new'),
      mkdir('again', 'NEW', { dependsOn: ['make'] }),
      get('never', drive('/root'), { dependsOn: ['again'] }),
      get('nor', drive('/root'), { dependsOn: ['late', 'never'] }),
    ]);
    expect(statuses(answer)).toEqual({ late: 200, make: 201, again: 409, never: 424, nor: 424 });
    expect(emulator.calls.map(call => call.operation)).not.toContain('driveItem-get-content');
    expect(emulator.calls.filter(call => call.operation === 'driveItem-get')).toHaveLength(1);
  });

  it('is recorded with all that is in it, and costs what is in it', async () => {
    emulator.resetCalls();
    await send([get('1', drive('/root')), get('2', drive('/root/children'))]);
    expect(emulator.calls.map(call => [call.operation, call.status, call.resourceUnits, call.path])).toEqual([
      ['batch', 200, 0, '/v1.0/$batch'],
      ['driveItem-get', 200, 1, `/v1.0${drive('/root')}`],
      ['driveItem-list-children', 200, 2, `/v1.0${drive('/root/children')}`],
    ]);
  });

  it('has faults and Retry-After inside', async () => {
    const throttle = throttleGraph('7');
    emulator.setFault((operation, call) => (operation === 'driveItem-get' ? throttle(operation, call) : undefined));
    const answer = await send([get('1', drive('/root')), get('2', drive('/root/children'))]);
    expect(statuses(answer)).toEqual({ 1: 429, 2: 200 });
    expect(bodyOf(answer, '1').headers).toMatchObject({ 'retry-after': '7' });
  });

  it('needs a token, and each request the permission', async () => {
    const url = 'https://graph.microsoft.com/v1.0/$batch';
    const body = { requests: [get('1', drive('/root'))] };
    expect((await client.plain(url, { method: 'POST', body })).status).toBe(401);
    const { clientId, clientSecret } = emulator.addApplication({ roles: ['User.Read.All'] });
    const other = await microsoftClient(emulator, { application: { clientId, clientSecret } });
    const answer = await other.graph('/$batch', {
      method: 'POST',
      body: { requests: [get('1', drive('/root')), get('2', '/users/ada@contoso.com')] },
    });
    await other.close();
    expect(statuses(answer)).toEqual({ 1: 403, 2: 200 });
  });
});

describe('a batch that is refused as a whole', () => {
  it.each([
    ['has more than twenty requests', () => Array.from({ length: 21 }, (_, id) => get(String(id), drive('/root')))],
    ['has an id twice', () => [get('1', drive('/root')), get('1', drive('/root'))]],
    ['depends on what is not there', () => [get('1', drive('/root'), { dependsOn: ['2'] })]],
    [
      'depends on itself in a circle',
      () => [get('1', drive('/root'), { dependsOn: ['2'] }), get('2', drive('/root'), { dependsOn: ['1'] })],
    ],
    ['has a body without its type', () => [mkdir('1', 'x', { headers: {} })]],
    [
      'has base64 without its type',
      () => [{ id: '1', method: 'PUT', url: drive('/root:/x:/content'), body: 'aGVsbG8=' }],
    ],
    ['has no url', () => [{ id: '1', method: 'GET' }]],
    ['has an absolute url', () => [get('1', 'https://graph.microsoft.com/v1.0/users')]],
    ['has a batch in it', () => [{ id: '1', method: 'POST', url: '/$batch', headers: JSON_TYPE, body: {} }]],
    ['is no list', () => 'requests'],
    ['is empty', () => []],
  ])('%s', async (_, requests) => {
    const { status, json } = await send(requests());
    expect([status, typeof json.error.code]).toEqual([400, 'string']);
    expect(mailbox.stat('/x')).toBeUndefined();
  });

  it('has twenty requests at most', async () => {
    const twenty = Array.from({ length: 20 }, (_, id) => get(String(id), drive('/root')));
    expect(Object.values(statuses(await send(twenty)))).toEqual(twenty.map(() => 200));
  });
});
