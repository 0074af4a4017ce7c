import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ClientSecretCredential } from '@azure/identity';
import {
  BatchRequestContent,
  type BatchRequestStep,
  BatchResponseContent,
  Client,
  FileUpload,
  GraphError,
  LargeFileUploadTask,
  OneDriveLargeFileUploadTask,
  type PageCollection,
  PageIterator,
  StreamUpload,
} from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';
import { sampleBytes } from './sample-tree.ts';

/** The input of the program, as JSON in its first argument. */
export interface GraphSdkJob {
  readonly scenario: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly driveId: string;
  readonly user: string;
}

/** Three units of 320 KiB and a bit, so that the last fragment is no whole one. */
export const SAMPLE = { bytes: 3 * 320 * 1024 + 100, seed: 'graph-sdk' };
const UNIT = 320 * 1024;
/** Without a version, as the documentation of batches has it: the SDK cuts off the host alone. */
const GRAPH = 'https://graph.microsoft.com';

type Answer = Record<string, unknown>;

interface Graph {
  readonly client: Client;
  readonly drive: string;
  readonly job: GraphSdkJob;
}

/** One program of a stranger each, by its name, as the SDK's documentation writes them. Its result is printed. */
const SCENARIOS: Record<string, (graph: Graph) => Promise<Answer>> = {
  async people({ client, job }) {
    const users = await client.api('/users').select('id,userPrincipalName').top(5).get();
    const drive = await client.api(`/users/${job.user}/drive`).get();
    const root = await client.api(`/users/${job.user}/drive/root`).get();
    return { users: users.value.length, drive: drive.id, root: root.name };
  },
  async files({ client, job }) {
    const base = `/users/${job.user}/drive/root`;
    const folder = await client
      .api(`${base}/children`)
      .post({ name: 'by sdk', folder: {}, '@microsoft.graph.conflictBehavior': 'fail' });
    const put = await client.api(`${base}:/by sdk/small.txt:/content`).put('small content');
    const renamed = await client.api(`/drives/${job.driveId}/items/${put.id}`).patch({ name: 'renamed.txt' });
    const listed = await client.api(`/drives/${job.driveId}/items/${folder.id}/children`).get();
    await client.api(`/drives/${job.driveId}/items/${put.id}`).delete();
    const error = await failureOf(client.api(`${base}:/by sdk/renamed.txt`).get());
    return { renamed: renamed.name, listed: listed.value.map((item: { name: string }) => item.name), error };
  },
  async putStream({ client, drive }) {
    const request = client.api(`${drive}/root:/streamed.bin:/content`);
    // Node's fetch wants to be told; the SDK (3.0.7) leaves that to its user.
    const item = await request.option('duplex', 'half').putStream(Readable.from(sample()));
    return { size: item.size };
  },
  async getStream({ client, drive }) {
    const stream: AsyncIterable<Uint8Array> = await client.api(`${drive}/root:/there.bin:/content`).getStream();
    const hash = createHash('sha256');
    for await (const chunk of stream) {
      hash.update(chunk);
    }
    return { sha256: hash.digest('hex') };
  },
  async largeFileUploadTask({ client, drive }) {
    const task = await openTask(client, `${drive}/root:/task.bin:/createUploadSession`);
    const result = await task.upload();
    return { name: (result.responseBody as Answer).name, size: (result.responseBody as Answer).size };
  },
  async oneDriveTask({ client, job }) {
    const progress: number[] = [];
    const task = await OneDriveLargeFileUploadTask.create(client, Buffer.concat([...sample()]), {
      fileName: 'one drive task.bin',
      conflictBehavior: 'replace',
      rangeSize: UNIT,
      uploadSessionURL: `/users/${job.user}/drive/root:/one drive task.bin:/createUploadSession`,
      uploadEventHandlers: { progress: range => void progress.push(range?.maxValue ?? -1) },
    });
    const result = await task.upload();
    return { name: (result.responseBody as Answer).name, progress };
  },
  async oneDriveTaskRenames({ client, drive }) {
    const options = { rangeSize: UNIT, uploadSessionURL: `${drive}/root:/there.bin:/createUploadSession` };
    const file = new FileUpload(Buffer.concat([...sample()]), 'there.bin', SAMPLE.bytes);
    const task = await OneDriveLargeFileUploadTask.createTaskWithFileObject(client, file, {
      ...options,
      fileName: 'there.bin',
    });
    return { name: ((await task.upload()).responseBody as Answer).name };
  },
  async streamUpload({ client, drive }) {
    const session = await createSession(client, `${drive}/root:/by stream.bin:/createUploadSession`);
    const stream = Readable.from(sample(), { objectMode: false });
    const file = new StreamUpload(stream, 'by stream.bin', SAMPLE.bytes);
    const task = new LargeFileUploadTask(client, file, session, { rangeSize: UNIT });
    return { size: ((await task.upload()).responseBody as Answer).size };
  },
  async resume({ client, drive }) {
    const task = await openTask(client, `${drive}/root:/resumed.bin:/createUploadSession`);
    const first = task.getNextRange();
    await task.uploadSlice(Buffer.concat([...sample()]).subarray(0, UNIT) as unknown as File, first, SAMPLE.bytes);
    const other = new LargeFileUploadTask(client, newFile('resumed.bin'), task.getUploadSession(), { rangeSize: UNIT });
    const status = (await other.getStatus()) as { nextExpectedRanges: string[] };
    const next = other.getNextRange().minValue;
    const result = (await other.resume()) as { responseBody: Answer };
    return { expected: status.nextExpectedRanges, next, size: result.responseBody.size };
  },
  async cancel({ client, drive }) {
    const task = await openTask(client, `${drive}/root:/cancelled.bin:/createUploadSession`);
    const answer = (await task.cancel()) as Response;
    const error = await failureOf(task.getStatus());
    return { status: answer.status, isCancelled: task.getUploadSession().isCancelled, error };
  },
  async pages({ client, drive }) {
    return { names: await iterate(client, await client.api(`${drive}/root:/many:/children`).top(7).get()) };
  },
  async delta({ client, drive }) {
    const names: string[] = [];
    const first = await client.api(`${drive}/root/delta`).top(10).get();
    const iterator = new PageIterator(client, first, item => names.push(item.name) > 0);
    await iterator.iterate();
    await client.api(`${drive}/root:/after delta.txt:/content`).put('x');
    const changes = await iterate(client, await client.api(iterator.getDeltaLink()!).get());
    return { names, changes };
  },
  async deltaPausedAndResumed({ client, drive }) {
    const names: string[] = [];
    const first = await client.api(`${drive}/root/delta`).top(10).get();
    const iterator = new PageIterator(client, first, item => names.push(item.name) !== 15);
    await iterator.iterate();
    const paused = names.length;
    await iterator.resume();
    return { paused, isComplete: iterator.isComplete(), total: new Set(names).size, link: iterator.getDeltaLink() };
  },
  async batch({ client, drive }) {
    const responses = await sendBatch(client, [
      { id: 'there', request: new Request(`${GRAPH}${drive}/root:/there.bin`) },
      { id: 'missing', request: new Request(`${GRAPH}${drive}/root:/nowhere.txt`) },
    ]);
    const there = responses.getResponseById('there');
    const missing = responses.getResponseById('missing');
    return {
      there: [there.status, (await there.json()).name],
      missing: [missing.status, (await missing.json()).error.code],
    };
  },
  async batchInOrder({ client, drive }) {
    const responses = await sendBatch(client, [
      { id: '1', request: newFolder(`${GRAPH}${drive}/root/children`, 'batched') },
      { id: '2', dependsOn: ['1'], request: newFolder(`${GRAPH}${drive}/root:/batched:/children`, 'inner') },
      { id: '3', dependsOn: ['2'], request: newFolder(`${GRAPH}${drive}/root:/batched:/children`, 'inner') },
      { id: '4', dependsOn: ['3'], request: new Request(`${GRAPH}${drive}/root:/batched/inner`) },
    ]);
    return { statuses: ['1', '2', '3', '4'].map(id => responses.getResponseById(id).status) };
  },
  async retry({ client, drive }) {
    return { name: (await client.api(`${drive}/root:/there.bin`).get()).name };
  },
  async search({ client, drive }) {
    const found = await client.api(`${drive}/root/search(q='there')`).get();
    return { names: found.value.map((item: { name: string }) => item.name) };
  },
  async copy({ client, drive }) {
    const item = await client.api(`${drive}/root:/there.bin`).get();
    const answer: Response = await client
      .api(`${drive}/items/${item.id}/copy`)
      .responseType('raw' as never)
      .post({ name: 'copied.bin' });
    const monitor = answer.headers.get('location')!;
    let state: Answer = {};
    do {
      state = (await (await fetch(monitor, { redirect: 'manual' })).json()) as Answer;
    } while (!['completed', 'failed'].includes(String(state.status)));
    return { status: answer.status, state: state.status };
  },
};

function* sample(): Generator<Buffer> {
  yield* sampleBytes(SAMPLE.bytes, SAMPLE.seed);
}

function newFile(name: string): FileUpload {
  return new FileUpload(Buffer.concat([...sample()]), name, SAMPLE.bytes);
}

async function sendBatch(client: Client, steps: BatchRequestStep[]): Promise<BatchResponseContent> {
  const content = new BatchRequestContent(steps);
  return new BatchResponseContent(await client.api('/$batch').post(await content.getContent()));
}

function createSession(client: Client, url: string) {
  return LargeFileUploadTask.createUploadSession(client, url, {
    item: { '@microsoft.graph.conflictBehavior': 'replace' },
  });
}

async function openTask(client: Client, url: string) {
  return new LargeFileUploadTask(client, newFile('x'), await createSession(client, url), { rangeSize: UNIT });
}

function newFolder(url: string, name: string): Request {
  const body = JSON.stringify({ name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' });
  return new Request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

async function iterate(client: Client, first: PageCollection): Promise<string[]> {
  const names: string[] = [];
  await new PageIterator(client, first, item => names.push(item.name) > 0).iterate();
  return names;
}

async function failureOf(promise: Promise<unknown>): Promise<Answer> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof GraphError ? { status: error.statusCode, code: error.code } : { thrown: String(error) };
}

async function main(job: GraphSdkJob): Promise<void> {
  const credential = new ClientSecretCredential(job.tenantId, job.clientId, job.clientSecret);
  const authProvider = new TokenCredentialAuthenticationProvider(credential, {
    scopes: ['https://graph.microsoft.com/.default'],
  });
  const client = Client.initWithMiddleware({ authProvider });
  const answer = await SCENARIOS[job.scenario]!({ client, drive: `/drives/${job.driveId}`, job });
  if (!process.stdout.write(JSON.stringify(answer))) {
    await once(process.stdout, 'drain');
  }
}

if (process.argv[2] !== undefined && import.meta.main) {
  await main(JSON.parse(process.argv[2]) as GraphSdkJob);
}
