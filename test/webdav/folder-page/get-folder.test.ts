import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DriveError, type DriveErrorCode } from '../../../src/drive/errors.ts';
import { createMemoryDrive } from '../../../src/drive/memory-drive.ts';
import { type Dav, davClient } from '../../support/dav-client.ts';
import { withFaults } from '../../support/faulty-drive.ts';
import { HTML, listedEntry, rowsOf } from '../../support/folder-html.ts';
import { type FrontDoorTest, startFrontDoor } from '../../support/front-door.ts';
import { basic, compose, rawRequest } from '../../support/raw-http.ts';

/** As a browser sends it (Chromium 156). */
const CHROMIUM =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7';
/** As KIO 5.103 sends it with every request, PROPFIND too. */
const KIO = {
  Accept: 'text/html, text/*;q=0.9, image/jpeg;q=0.9, image/png;q=0.9, image/*;q=0.9, */*;q=0.8',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) KIO/5.103 kioclient/5.27.5',
};

/** Headers that belong to one message, to its connection, or to a body that HEAD does not make. */
const PER_MESSAGE = ['content-encoding', 'date', 'x-request-id', 'transfer-encoding', 'connection', 'keep-alive'];

describe('GET of a folder', () => {
  let door: FrontDoorTest;
  let dav: Dav;

  beforeAll(async () => {
    door = await startFrontDoor();
    dav = davClient(door);
    await dav('MKCOL', '/m/docs');
    await dav('PUT', '/m/docs/part%2010.txt', {}, 'x');
  });
  afterAll(async () => {
    await door?.stop();
  });

  it.each([
    ['text/html', 200],
    [CHROMIUM, 200],
    ['text/plain, TEXT/HTML ; charset=utf-8 ;q=0.1', 200],
    ['*/*', 405],
    ['text/*', 405],
    ['application/xhtml+xml, application/xml', 405],
    ['text/html;q=0, */*', 405],
    ['text/html;q=0.000', 405],
    ['text/html5', 405],
    ['', 405],
  ])('GET with Accept "%s" is %i', async (accept, status) => {
    const answer = await dav('GET', '/m/docs/', { Accept: accept });
    const vary = status === 200 ? 'Accept, Accept-Language, Accept-Encoding' : 'Accept';
    expect([answer.status, answer.headers.get('vary')]).toEqual([status, vary]);
    expect(answer.headers.get('allow')).toEqual(status === 405 ? expect.stringContaining('PROPFIND') : null);
  });

  it('is only for clients that ask for it: not without Accept, nor for KIO, which always names text/html', async () => {
    const bare = await rawRequest(door.url, compose('GET /m/docs/', basic(door.user, door.password)));
    expect(bare.status).toBe(405);
    expect((await dav('GET', '/m/docs/', KIO)).status).toBe(405);
    expect((await dav('GET', '/m/docs/', { ...KIO, Accept: '*/*' })).status).toBe(405);
    const head = await dav('HEAD', '/m/docs/', KIO);
    expect([head.status, head.headers.get('content-type'), head.headers.get('etag')]).toEqual([
      200,
      null,
      expect.stringMatching(/^"/),
    ]);
  });

  it('changes nothing for files and free names', async () => {
    expect((await dav('GET', '/m/docs/part%2010.txt', HTML)).headers.get('content-type')).not.toContain('html');
    expect((await dav('GET', '/m/missing/', HTML)).status).toBe(404);
    expect((await dav('GET', '/elsewhere/', HTML)).status).toBe(404);
  });

  it('has a policy that lets its own style work and nothing else', async () => {
    const { headers, text } = await dav('GET', '/m/docs/', HTML);
    const styles = [...text.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(match => match[1]!);
    expect(styles).toHaveLength(1);
    const hash = createHash('sha256').update(styles[0]!).digest('base64');
    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(text).not.toMatch(
      /<script|<link|<img|<iframe|<form|javascript:|\ssrc=|\son\w+=|\sstyle=|url\(|@import|\/\/\w/i,
    );
  });

  it('has a type, a policy and a cache rule, and no validator that a client could use for the folder', async () => {
    const { headers } = await dav('GET', '/m/docs/', HTML);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'private, no-cache',
      vary: 'Accept, Accept-Language, Accept-Encoding',
    });
    expect([headers.get('etag'), headers.get('last-modified'), headers.get('accept-ranges')]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('answers HEAD with the headers of GET, and asks the drive for no listing', async () => {
    const drive = withFaults(door.drive, {
      list: async () => {
        throw new DriveError('unavailable', 'must not be asked');
      },
    });
    const unlisted = await startFrontDoor({ drive });
    try {
      const [head, get] = [await davClient(unlisted)('HEAD', '/m/docs/', HTML), await dav('GET', '/m/docs/', HTML)];
      const lasting = ({ headers }: { headers: Headers }) =>
        [...headers].filter(([name]) => !PER_MESSAGE.includes(name));
      expect([head.status, head.text, lasting(head)]).toEqual([200, '', lasting(get)]);
    } finally {
      await unlisted.stop();
    }
  });
});

describe('GET of a folder, when the drive', () => {
  async function pageOver(faults: Parameters<typeof withFaults>[1]) {
    const door = await startFrontDoor({ drive: withFaults(createMemoryDrive(), faults) });
    try {
      return await davClient(door)('GET', '/m/', HTML);
    } finally {
      await door.stop();
    }
  }

  it.each<[DriveErrorCode, number]>([
    ['throttled', 503],
    ['upstream', 502],
    ['timeout', 504],
    ['not-found', 404],
  ])('cannot list (%s), is an error answer, %i, never a shorter page', async (code, status) => {
    const { status: got, headers } = await pageOver({
      list: async () => {
        throw new DriveError(code, 'no list', { retryAfterSeconds: 7 });
      },
    });
    expect([got, headers.get('content-type'), headers.get('retry-after')]).toEqual([
      status,
      'text/plain; charset=utf-8',
      '7',
    ]);
  });

  it('cannot tell its free space, leaves that out', async () => {
    const failing = async () => {
      throw new DriveError('unavailable', 'no quota');
    };
    for (const quota of [failing, async () => undefined, async () => ({ used: 7 })]) {
      const { status, text } = await pageOver({ quota });
      expect([status, text.includes(' free<')]).toEqual([200, false]);
    }
  });

  it('holds 10,000 entries, shows them all', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => listedEntry(`entry ${9_999 - index}.txt`));
    const { status, headers, text } = await pageOver({ list: async () => many });
    expect([status, headers.get('content-length')]).toEqual([200, null]);
    expect(rowsOf(text)).toEqual(Array.from({ length: 10_000 }, (_, index) => `entry ${index}.txt`));
    expect(text).toContain('<caption>10,000 files</caption>');
    expect(text.endsWith('</html>\n')).toBe(true);
  });
});
