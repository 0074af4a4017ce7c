import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';

const MISSING = '<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/><x:no xmlns:x="urn:x"/></D:prop></D:propfind>';
const UPDATE =
  '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x:a xmlns:x="urn:x">1</x:a></D:prop></D:set></D:propertyupdate>';

let door: FrontDoorTest;
let dav: Dav;
beforeAll(async () => {
  door = await startFrontDoor({ drive: createMemoryDrive() });
  dav = davClient(door);
  await dav('MKCOL', '/m/folder');
  await dav('MKCOL', '/m/folder/empty');
  await dav('PUT', '/m/folder/file', {}, 'x');
});
afterAll(() => door.stop());

async function list(path: string, headers: Record<string, string>, body?: string) {
  const { headers: given, text, status } = await dav('PROPFIND', path, { Depth: '1', ...headers }, body);
  expect(status).toBe(207);
  return { hrefs: hrefsOf(text), applied: given.get('preference-applied'), vary: given.get('vary'), text };
}

it.each([
  ['depth-noroot', 'depth-noroot'],
  ['Depth-NoRoot', 'depth-noroot'],
  ['return=minimal, depth-noroot', 'return=minimal, depth-noroot'],
  ['depth-noroot; return="minimal"', 'return=minimal, depth-noroot'],
])('Prefer: %s leaves out the folder itself (RFC 8144 §3)', async (prefer, applied) => {
  const answer = await list('/m/folder/', { Prefer: prefer });
  expect(answer.hrefs.sort()).toEqual(['/m/folder/empty/', '/m/folder/file']);
  expect([answer.applied, answer.vary]).toEqual([applied, expect.stringContaining('Prefer')]);
});

it('a folder without members is then a 207 without a response', async () => {
  expect((await list('/m/folder/empty/', { Prefer: 'depth-noroot' })).hrefs).toEqual([]);
});

it.each([
  ['a file', '/m/folder/file', '1', ['/m/folder/file']],
  ['the folder alone', '/m/folder/', '0', ['/m/folder/']],
])('%s is shown all the same, and the wish is not said to be granted', async (_, path, depth, hrefs) => {
  const answer = await list(path, { Depth: depth, Prefer: 'depth-noroot' });
  expect([answer.hrefs, answer.applied]).toEqual([hrefs, null]);
});

it.each([
  [{ Prefer: 'return=minimal' }, 'return=minimal'],
  [{ Prefer: 'Return = "Minimal"; foo' }, 'return=minimal'],
  [{ Brief: 't' }, null],
] as [Record<string, string>, string | null][])(
  '%j says nothing of what is missing (RFC 8144 §2.1)',
  async (headers, applied) => {
    const answer = await list('/m/folder/file', headers, MISSING);
    expect([answer.text.includes('404'), answer.applied]).toEqual([false, applied]);
  },
);

it.each(['return=representation', 'return=minimalist', 'respond-async', ''])(
  'Prefer: %s changes nothing',
  async prefer => {
    const answer = await list('/m/folder/', { Prefer: prefer }, MISSING);
    expect([answer.hrefs.length, answer.text.includes('404'), answer.applied]).toEqual([3, true, null]);
  },
);

it('PROPPATCH that has gone well is then an empty 200', async () => {
  const { status, headers, text } = await dav('PROPPATCH', '/m/folder/file', { Prefer: 'return=minimal' }, UPDATE);
  expect([status, headers.get('preference-applied'), text]).toEqual([200, 'return=minimal', '']);
});
