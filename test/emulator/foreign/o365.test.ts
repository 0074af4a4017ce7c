import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../../support/foreign-client.ts';
import { openPythonBench, PYTHON, type PythonBench, pythonContent } from '../../support/python-clients.ts';
import { expectSameBytes } from '../../support/same-bytes.ts';
import { kindsOf } from '../../support/violations.ts';

/** Python starts slowly. */
const PATIENT = { timeout: 180_000 };
const MIB = 1024 ** 2;
/** One white pixel. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP6DwABBQECz6AuzQAAAABJRU5ErkJggg==',
  'base64',
);

describeWith(PYTHON, 'O365 (python-o365), signed in as an application', () => {
  let bench: PythonBench;

  beforeAll(async () => {
    bench = await openPythonBench('o365_program.py');
    await bench.mailbox.put('/there.bin', pythonContent(5000));
    await bench.mailbox.put('/picture.png', PICTURE);
    for (let index = 0; index < 30; index += 1) {
      bench.mailbox.mkdir(`/many/${index}`);
    }
  });
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]();
  });
  beforeEach(() => bench.emulator.resetCalls());

  it('opens the drive of a user', PATIENT, async () => {
    expect(await bench.run('drives')).toEqual({
      drive: bench.mailbox.driveId,
      type: 'business',
      root: 'root',
      listed: ['many', 'picture.png', 'there.bin'],
      byPath: 5000,
    });
  });

  it('makes folders, uploads, downloads, renames, moves, lists and deletes', PATIENT, async () => {
    expect(await bench.run('files')).toEqual({
      downloaded: 'small content',
      same: true,
      listed: ['renamed.txt'],
      left: [],
    });
  });

  it('reports a missing item', PATIENT, async () => {
    expect(await bench.run('missing')).toEqual({ status: 404, code: 'itemNotFound' });
  });

  it('uploads large files, over one that is there and beside it', PATIENT, async () => {
    const contentBytes = 11 * MIB;
    expect(await bench.run('large_file', { contentBytes })).toEqual({
      sizes: [contentBytes, contentBytes - 1],
      same: true,
      renamed: 'large 1.bin',
    });
    expectSameBytes(await bench.mailbox.read('/large.bin'), pythonContent(contentBytes - 1));
    expectSameBytes(await bench.mailbox.read('/large 1.bin'), pythonContent(contentBytes));
    expect(bench.emulator.calls.filter(({ operation }) => operation === 'upload-fragment')).toHaveLength(9);
  });

  it('goes through pages', PATIENT, async () => {
    const { names } = await bench.run('pages');
    expect(new Set(names as string[])).toEqual(new Set(Array.from({ length: 30 }, (_, index) => String(index))));
    expect(bench.emulator.calls.filter(({ operation }) => operation === 'driveItem-list-children')).toHaveLength(5);
  });

  it('copies and follows the monitor', PATIENT, async () => {
    expect(await bench.run('copy')).toEqual({ name: 'copied.bin', size: 5000, parent: 'copies' });
    expectSameBytes(await bench.mailbox.read('/copies/copied.bin'), pythonContent(5000));
  });

  it('searches', PATIENT, async () => {
    expect((await bench.run('search')).names).toContain('there.bin');
  });

  it('lists versions, downloads an old one and brings it back', PATIENT, async () => {
    expect(await bench.run('versions')).toEqual({ sizes: [10, 5], oldest: 'first' });
    expect((await bench.mailbox.read('/versions.txt')).toString()).toBe('first');
  });

  it('makes a link, lists it among the permissions and takes it away', PATIENT, async () => {
    expect(await bench.run('share')).toEqual({
      link: expect.stringMatching(/^https:\/\/contoso-my\.sharepoint\.com\//),
      found: true,
      isLeft: false,
    });
    expect(bench.mailbox.stat('/there.bin')?.size).toBe(5000);
  });

  it('finds the small picture of a picture', PATIENT, async () => {
    expect((await bench.run('thumbnails')).url).toMatch(/^https:\/\//);
  });

  it('did nothing wrong besides what is known of it', () => {
    expect(kindsOf(bench.emulator.violations)).toEqual([
      'conflict-behavior: driveItem-copy leaves conflictBehavior to a default',
      'conflict-behavior: driveItem-createUploadSession leaves conflictBehavior to a default',
      'conflict-behavior: driveItem-post-children leaves conflictBehavior to a default',
      'conflict-behavior: driveItem-put-content leaves conflictBehavior to a default',
      'conflict-behavior: driveItem-update leaves conflictBehavior to a default',
    ]);
  });
});
