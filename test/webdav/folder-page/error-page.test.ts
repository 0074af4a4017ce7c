import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveError } from '../../../src/drive/errors.ts';
import { createMemoryDrive } from '../../../src/drive/memory-drive.ts';
import { davClient } from '../../support/dav-client.ts';
import { withFaults } from '../../support/faulty-drive.ts';
import { HTML, linksOf } from '../../support/folder-html.ts';
import { type FrontDoorTest, startFrontDoor } from '../../support/front-door.ts';
import { basic } from '../../support/raw-http.ts';

const OPENED = { ...HTML, 'Sec-Fetch-Mode': 'navigate' };
const EVIL = '<img src=x onerror=alert(1)>';

let door: FrontDoorTest;

beforeAll(async () => {
  const drive = withFaults(createMemoryDrive(), {
    stat: () => Promise.reject(new DriveError('throttled', 'wait', { retryAfterSeconds: 7 })),
  });
  door = await startFrontDoor({
    mounts: [
      { name: 'm', drive: createMemoryDrive(), readOnly: false },
      { name: 'busy', drive, readOnly: false },
    ],
  });
  await davClient(door)('MKCOL', '/m/docs');
});
afterAll(async () => {
  await door?.stop();
});

/** Not `fetch`, which says itself where a request comes from. */
async function open(path: string, headers: Record<string, string>) {
  const all = { ...basic(door.user, door.password), ...headers };
  const { statusCode, headers: told, body } = await request(`${door.url}${path}`, { headers: all });
  return { status: statusCode, headers: told, text: await body.text() };
}

describe('an address that cannot be shown', () => {
  it('is a page with the ways back, in a browser', async () => {
    const { status, text, headers } = await open(`/m/docs/${encodeURIComponent(EVIL)}/b`, OPENED);
    expect([status, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(text).toContain('<h1>There is nothing here</h1>');
    expect(linksOf(text).map(decodeURIComponent)).toEqual(['/', '/m/', '/m/docs/', `/m/docs/${EVIL}/`]);
    expect(text).not.toContain(EVIL);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'/,
    );
    expect(headers['cache-control']).toBe('no-store');
  });

  it('says when it may be tried again', async () => {
    const { status, text, headers } = await open('/busy/a', OPENED);
    expect([status, headers['retry-after']]).toEqual([503, '7']);
    expect(text).toContain('Please try again in 7 seconds.');
  });

  it.each([
    ['a program that takes HTML', HTML],
    ['a script of a page', { ...HTML, 'Sec-Fetch-Mode': 'cors' }],
    ['a client', {}],
  ])('is plain text for %s', async (_, headers) => {
    const answer = await open('/m/none', headers);
    expect([answer.status, answer.headers['content-type']]).toEqual([404, 'text/plain; charset=utf-8']);
  });
});
