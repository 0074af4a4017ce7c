import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type MailboxHandle } from '../../../src/emulator/emulator.ts';
import { type ClientHome, makeClientHome } from '../../support/client-home.ts';
import { mustRun } from '../../support/foreign-client.ts';
import { type GraphSdkJob, SAMPLE } from '../../support/graph-sdk-program.ts';
import { expectSameBytes } from '../../support/same-bytes.ts';
import { sampleBytes } from '../../support/sample-tree.ts';
import { kindsOf } from '../../support/violations.ts';

const PROGRAM = fileURLToPath(new URL('../../support/graph-sdk-program.ts', import.meta.url));
const CONTENT = Buffer.concat([...sampleBytes(SAMPLE.bytes, SAMPLE.seed)]);
/** Each test starts a process. */
const PATIENT = { timeout: 120_000 };

/** The SDK in a process of its own, with its own HTTP layer and that of @azure/identity: nothing is replaced. */
describe("Microsoft's Graph SDK for JavaScript, with its own HTTP layer", () => {
  let emulator: Emulator;
  let mailbox: MailboxHandle;
  let home: ClientHome;

  beforeAll(async () => {
    emulator = await createEmulator();
    mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
    home = await makeClientHome();
    await mailbox.put('/there.bin', CONTENT);
    for (let index = 0; index < 30; index += 1) {
      mailbox.mkdir(`/many/${index}`);
    }
  });
  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await emulator?.close();
  });
  beforeEach(() => emulator.resetCalls());

  const run = async (scenario: string) => {
    const { tenantId, clientId, clientSecret, proxy, caFile } = emulator;
    const { driveId, upn: user } = mailbox;
    const job: GraphSdkJob = { scenario, tenantId, clientId, clientSecret, driveId, user };
    const env = { ...home.env, NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxy, NODE_EXTRA_CA_CERTS: caFile };
    const { stdout } = await mustRun(process.execPath, [PROGRAM, JSON.stringify(job)], { env });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const fragments = () => emulator.calls.filter(({ operation }) => operation === 'upload-fragment').length;

  it('finds people and their drives', PATIENT, async () => {
    expect(await run('people')).toEqual({ users: 1, drive: mailbox.driveId, root: 'root' });
  });

  it('makes, writes, renames, lists and deletes below the drive of a user; what is gone is 404', PATIENT, async () => {
    expect(await run('files')).toEqual({
      renamed: 'renamed.txt',
      listed: ['renamed.txt'],
      error: { status: 404, code: 'itemNotFound' },
    });
  });

  it('writes and reads by streams', PATIENT, async () => {
    expect(await run('putStream')).toEqual({ size: CONTENT.length });
    expectSameBytes(await mailbox.read('/streamed.bin'), CONTENT);
    expect(await run('getStream')).toEqual({ sha256: createHash('sha256').update(CONTENT).digest('hex') });
  });

  it('uploads by LargeFileUploadTask', PATIENT, async () => {
    expect(await run('largeFileUploadTask')).toEqual({ name: 'task.bin', size: CONTENT.length });
    expectSameBytes(await mailbox.read('/task.bin'), CONTENT);
    expect(fragments()).toBe(4);
  });

  it('uploads by OneDriveLargeFileUploadTask, told fragment by fragment', PATIENT, async () => {
    expect(await run('oneDriveTask')).toEqual({
      name: 'one drive task.bin',
      progress: [327_679, 655_359, 983_039, CONTENT.length - 1],
    });
    expectSameBytes(await mailbox.read('/one drive task.bin'), CONTENT);
  });

  it(
    'uploads by OneDriveLargeFileUploadTask beside a file that is there: its default is to rename',
    PATIENT,
    async () => {
      expect(await run('oneDriveTaskRenames')).toEqual({ name: 'there 1.bin' });
      expectSameBytes(await mailbox.read('/there 1.bin'), CONTENT);
    },
  );

  it('uploads by StreamUpload', PATIENT, async () => {
    expect(await run('streamUpload')).toEqual({ size: CONTENT.length });
    expectSameBytes(await mailbox.read('/by stream.bin'), CONTENT);
  });

  it('resumes a session where the host is', PATIENT, async () => {
    const { expected, ...rest } = await run('resume');
    expect(rest).toEqual({ next: 327_680, size: CONTENT.length });
    expect((expected as string[])[0]).toMatch(/^327680-/);
    expectSameBytes(await mailbox.read('/resumed.bin'), CONTENT);
    expect(fragments()).toBe(4);
  });

  it('cancels a session', PATIENT, async () => {
    expect(await run('cancel')).toEqual({
      status: 204,
      isCancelled: true,
      error: { status: 404, code: 'itemNotFound' },
    });
    expect(emulator.openUploadSessions()).toBe(0);
  });

  it('goes through pages of children by PageIterator', PATIENT, async () => {
    const { names } = await run('pages');
    expect(new Set(names as string[])).toEqual(new Set(Array.from({ length: 30 }, (_, index) => String(index))));
    expect(emulator.calls.filter(({ operation }) => operation === 'driveItem-list-children')).toHaveLength(5);
  });

  it('goes through a delta by PageIterator, and through what changed since', PATIENT, async () => {
    const { names, changes } = await run('delta');
    expect(names).toEqual(expect.arrayContaining(['root', 'there.bin', 'many', '0', '29']));
    expect(changes).toContain('after delta.txt');
    expect(changes).not.toContain('there.bin');
  });

  it('pauses and resumes a delta by PageIterator', PATIENT, async () => {
    const { total, ...rest } = await run('deltaPausedAndResumed');
    expect(rest).toEqual({ paused: 15, isComplete: true, link: expect.stringContaining('/delta') });
    expect(total).toBeGreaterThanOrEqual(Object.keys(mailbox.tree()).length);
  });

  it('sends a batch of steps that are answered each for itself', PATIENT, async () => {
    expect(await run('batch')).toEqual({ there: [200, 'there.bin'], missing: [404, 'itemNotFound'] });
  });

  it('sends a batch in order; what depends on a failed step is not done', PATIENT, async () => {
    expect(await run('batchInOrder')).toEqual({ statuses: [201, 201, 409, 424] });
  });

  it('repeats a throttled request after its Retry-After', PATIENT, async () => {
    let left = 1;
    emulator.setFault(operation =>
      operation === 'driveItem-get' && left-- > 0 ? { status: 429, retryAfter: '1' } : undefined,
    );
    expect(await run('retry')).toEqual({ name: 'there.bin' });
    emulator.setFault(undefined);
    const gets = emulator.calls.filter(({ operation }) => operation === 'driveItem-get');
    expect(gets.map(({ status }) => status)).toEqual([429, 200]);
  });

  it('searches', PATIENT, async () => {
    expect((await run('search')).names).toContain('there.bin');
  });

  it('copies and asks the monitor', PATIENT, async () => {
    expect(await run('copy')).toEqual({ status: 202, state: 'completed' });
    expectSameBytes(await mailbox.read('/copied.bin'), CONTENT);
  });

  it('did nothing wrong, besides what the programs of its users leave to defaults', () => {
    expect(kindsOf(emulator.violations)).toEqual([
      'conflict-behavior: driveItem-copy leaves conflictBehavior to a default',
      'conflict-behavior: driveItem-put-content leaves conflictBehavior to a default',
      'conflict-behavior: driveItem-update leaves conflictBehavior to a default',
    ]);
  });
});
