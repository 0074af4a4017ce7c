import { Agent, request } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import type { DevicePassword } from '../../src/state/device-password-store.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { admitted, newDevicePassword, testPeople } from '../support/people.ts';

async function setUp() {
  const people = testPeople(admitted('ada'), admitted('bob'));
  const door = await startFrontDoor({ people, users: [] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(async () => {
    agent.destroy();
    await door.stop();
  });
  const ask = (password: string, target = '/m/', { name = 'ada', method = 'PROPFIND', more = {} } = {}) => {
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
    const headers = { authorization, depth: '0', 'user-agent': 'curl/8', ...more };
    return new Promise<{ status: number; reused: boolean; headers: NodeJS.Dict<string | string[]> }>(
      (resolve, reject) => {
        const sent = request(door.url, { agent, method, headers, path: target }, response => {
          response
            .resume()
            .once('end', () =>
              resolve({ status: response.statusCode!, reused: sent.reusedSocket, headers: response.headers }),
            );
        });
        sent.once('error', reject).end();
      },
    );
  };
  const make = async (userId: string, change: Partial<DevicePassword> = {}) => {
    const { text, stored } = newDevicePassword(userId, change);
    await door.devicePasswords.add(stored, { max: 1000, now: Date.now() });
    return { text, ...stored };
  };
  return { door, people, ask, make };
}

it('a device password opens WebDAV, and a revoked one is refused by the next request of the open connection', async () => {
  const { ask, make, door } = await setUp();
  const { text, id } = await make('ada');
  expect(await ask(text)).toMatchObject({ status: 207 });
  expect(await ask(text)).toMatchObject({ status: 207, reused: true });
  await door.devicePasswords.remove('ada', id);
  const refused = await ask(text);
  expect(refused).toMatchObject({ status: 401, reused: true });
  expect(refused.headers['www-authenticate']).toMatch(/^Basic /);
});

it('a person who is disabled is out with the next request, and one not yet known may try again', async () => {
  const { ask, make, people } = await setUp();
  const { text } = await make('ada');
  expect(await ask(text)).toMatchObject({ status: 207 });
  people.all.delete('ada');
  expect(await ask(text)).toMatchObject({ status: 401, reused: true });
  people.wait = 12;
  expect(await ask(text)).toMatchObject({ status: 503, headers: { 'retry-after': '12' } });
});

it('a password for reading writes nothing', async () => {
  const { ask, make } = await setUp();
  const { text } = await make('ada', { readOnly: true });
  const put = { method: 'PUT', more: { 'content-length': '0' } };
  expect(await ask(text, '/m/file', put)).toMatchObject({ status: 403 });
  expect(await ask((await make('ada')).text, '/m/file', put)).toMatchObject({ status: 201 });
});

it('a password for reading neither ends nor prolongs a lock that another device of the person has taken', async () => {
  const { ask, make, door } = await setUp();
  const [writing, reading] = [await make('ada'), await make('ada', { readOnly: true })];
  const { status, headers } = await fetch(`${door.url}/m/file`, {
    method: 'LOCK',
    headers: { authorization: `Basic ${Buffer.from(`ada:${writing.text}`).toString('base64')}` },
    body: `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`,
  });
  const token = headers.get('lock-token')!;
  expect(status).toBe(201);
  const refresh = { method: 'LOCK', more: { if: `(${token})`, timeout: 'Second-9' } };
  const unlock = { method: 'UNLOCK', more: { 'lock-token': token } };
  expect(await ask(reading.text, '/m/file', refresh)).toMatchObject({ status: 403 });
  expect(await ask(reading.text, '/m/file', unlock)).toMatchObject({ status: 403 });
  expect(await ask(writing.text, '/m/file', refresh)).toMatchObject({ status: 200 });
  expect(await ask(writing.text, '/m/file', unlock)).toMatchObject({ status: 204 });
});

it('a password for one folder does not end a lock on more than it, nor prolong it', async () => {
  const { ask, make, door } = await setUp();
  const [whole, narrow] = [await make('ada'), await make('ada', { below: ['m', 'docs', 'inner'] })];
  for (const folder of ['/m/docs/', '/m/docs/inner/']) {
    expect(await ask(whole.text, folder, { method: 'MKCOL' })).toMatchObject({ status: 201 });
  }
  const tokenOf = async (target: string, text: string) => {
    const answer = await fetch(`${door.url}${target}`, {
      method: 'LOCK',
      headers: { authorization: `Basic ${Buffer.from(`ada:${text}`).toString('base64')}` },
      body: `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`,
    });
    return answer.headers.get('lock-token')!;
  };
  const refresh = (token: string) => ({ method: 'LOCK', more: { if: `(${token})` } });
  const unlock = (token: string) => ({ method: 'UNLOCK', more: { 'lock-token': token } });
  const outer = await tokenOf('/m/docs/', whole.text);
  expect(await ask(narrow.text, '/m/docs/inner/', refresh(outer))).toMatchObject({ status: 403 });
  expect(await ask(narrow.text, '/m/docs/inner/', unlock(outer))).toMatchObject({ status: 403 });
  expect(await ask(whole.text, '/m/docs/inner/', refresh(outer))).toMatchObject({ status: 200 });
  expect(await ask(whole.text, '/m/docs/inner/', unlock(outer))).toMatchObject({ status: 204 });
  const own = await tokenOf('/m/docs/inner/', narrow.text);
  expect(await ask(narrow.text, '/m/docs/inner/', refresh(own))).toMatchObject({ status: 200 });
  expect(await ask(narrow.text, '/m/docs/inner/', unlock(own))).toMatchObject({ status: 204 });
});

it('no line of the log holds a device password, and each event has its line', async () => {
  const { ask, make, door } = await setUp();
  const [right, revoked] = [await make('ada', { name: 'her laptop' }), newDevicePassword('ada')];
  const typed = [right.text, right.text.replaceAll('-', ''), right.text.toUpperCase()];
  for (const text of typed) {
    await ask(text);
    await ask(text, `/m/?password=${text}`);
    await ask(text, `/m/${text}`);
    await ask(text, `http://ada:${text}@localhost/m/`);
    await ask(text, '/m/', { more: { 'user-agent': `a client that tells ${text}` } });
    await ask('wrong', '/m/', { name: text });
  }
  await ask(revoked.text);
  const lines = door.logged.join('');
  for (const secret of [...typed, revoked.text]) {
    expect(lines).not.toContain(secret);
    expect(lines).not.toContain(secret.slice(8));
    expect(lines).not.toContain(Buffer.from(`ada:${secret}`).toString('base64'));
  }
  const events = door.logged.map(line => JSON.parse(line)).filter(({ audit }) => audit !== undefined);
  expect(events).toContainEqual(
    expect.objectContaining({
      ...{ audit: 'password-used-from-new-address', user: 'ada@contoso.com', address: '127.0.0.1' },
      ...{ device: 'her laptop', id: right.id, client: 'curl/8' },
    }),
  );
  expect(events).toContainEqual(
    expect.objectContaining({ audit: 'credentials-refused', user: 'ada', reason: 'unknown or revoked' }),
  );
});

it('300 guesses at once leave the owner working', async () => {
  const { ask, make, door } = await setUp();
  const { text } = await make('ada');
  const guesses = Array.from({ length: 300 }, (_, each) =>
    fetch(`${door.url}/m/`, {
      headers: {
        authorization: `Basic ${Buffer.from(`ada${each % 20}:${newDevicePassword('x').text}`).toString('base64')}`,
      },
    }).then(async answer => {
      await answer.arrayBuffer();
      return answer.status;
    }),
  );
  for (let each = 0; each < 10; each += 1) {
    expect(await ask(text)).toMatchObject({ status: 207 });
  }
  const statuses = await Promise.all(guesses);
  expect(statuses.filter(status => ![401, 429, 503].includes(status))).toEqual([]);
});
