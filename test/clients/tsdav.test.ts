import { isCollectionDirty, smartCollectionSync, supportedReportSet, syncCollection } from 'tsdav';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/raw-http.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

/** The npm package tsdav is made for calendars, and synchronises any folder by RFC 6578. */
describe('the npm package tsdav', () => {
  let server: TestServer;
  let url: string;
  const headers = () => basic(server.user, server.password);

  beforeAll(async () => {
    server = await startTestServer({ yaml: ['cache: { ttlSeconds: 0 }'] });
    url = `${server.url}/ada/calendar/`;
    await server.mailboxes.ada.put('/calendar/one.ics', 'one');
    await server.mailboxes.ada.put('/calendar/two & 2.ics', 'two');
    await server.mailboxes.ada.put('/calendar/sub/three.ics', 'three');
  });
  afterAll(() => server?.stop());

  const paths = (objects: readonly { url: string }[]) => objects.map(each => new URL(each.url).pathname).sort();

  it('finds that there is the report, on folders', async () => {
    expect(await supportedReportSet({ collection: { url }, headers: headers() })).toEqual(['syncCollection']);
    expect(await supportedReportSet({ collection: { url: `${server.url}/` }, headers: headers() })).toEqual([]);
  });

  it('gets all members and a token, then what is gone', async () => {
    const sync = (syncToken?: string) =>
      syncCollection({ url, props: { 'd:getetag': {} }, syncLevel: 1, syncToken, headers: headers() });
    const first = await sync();
    expect(first.map(({ href, status }) => [href, status]).sort()).toEqual([
      ['/ada/calendar/one.ics', 207],
      ['/ada/calendar/sub/', 207],
      ['/ada/calendar/two%20%26%202.ics', 207],
    ]);
    expect(first.every(({ props }) => typeof props?.getetag === 'string')).toBe(true);
    server.mailboxes.ada.remove('/calendar/one.ics');
    const token = (first[0]!.raw as { multistatus: { syncToken: string } }).multistatus.syncToken;
    const second = await sync(token);
    expect(second.map(({ href, status }) => [href, status])).toEqual([['/ada/calendar/one.ics', 404]]);
    await server.mailboxes.ada.put('/calendar/one.ics', 'one');
  });

  it('sees by getctag whether anything has changed', async () => {
    const look = (ctag?: string) => isCollectionDirty({ collection: { url, ctag }, headers: headers() });
    const { newCtag } = await look();
    expect(await look(newCtag)).toEqual({ isDirty: false, newCtag });
    await server.mailboxes.ada.put('/calendar/sub/three.ics', 'changed deep below');
    expect((await look(newCtag)).isDirty).toBe(true);
  });

  it('keeps a collection up to date', async () => {
    const collection = {
      url,
      reports: await supportedReportSet({ collection: { url }, headers: headers() }),
      objects: [] as { url: string; etag?: string; data?: unknown }[],
      objectMultiGet: async ({ objectUrls }: { objectUrls: string[] }) =>
        Promise.all(
          objectUrls.map(async href => {
            const answer = await fetch(new URL(href, url), { headers: headers() });
            const props = { getetag: answer.headers.get('etag'), calendarData: await answer.text() };
            return { href, status: answer.status, ok: answer.ok, statusText: '', props };
          }),
        ),
    };
    const account = { accountType: 'caldav' as const, homeUrl: url, serverUrl: url };
    const sync = (known: object) =>
      smartCollectionSync({ collection: known as never, account, headers: headers() }) as unknown as Promise<
        typeof collection
      >;
    const first = await sync(collection);
    expect(paths(first.objects)).toEqual(['/ada/calendar/one.ics', '/ada/calendar/two%20%26%202.ics']);
    await server.mailboxes.ada.put('/calendar/one.ics', 'changed');
    await server.mailboxes.ada.put('/calendar/four.ics', 'four');
    server.mailboxes.ada.move('/calendar/two & 2.ics', '/calendar/2.ics');
    const second = await sync(first);
    expect(second.objects.map(({ url: at, data }) => [new URL(at).pathname, data]).sort()).toEqual([
      ['/ada/calendar/2.ics', 'two'],
      ['/ada/calendar/four.ics', 'four'],
      ['/ada/calendar/one.ics', 'changed'],
    ]);
  });
});
