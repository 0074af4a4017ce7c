import { gunzipSync } from 'node:zlib';
import { Agent, type Dispatcher, request } from 'undici';
import { ROOT } from '../../src/drive/path.ts';
import { createEmulator, type Emulator, type MailboxHandle } from '../../src/emulator/emulator.ts';
import { type MountSpec, MountTable } from '../../src/mounts/mount-table.ts';
import { eventually } from './eventually.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type FrontDoorTest, startFrontDoor } from './front-door.ts';
import { openOneDrive } from './one-drive.ts';
import { basic } from './raw-http.ts';

const START = 1_800_000_000_000;
const COARSE_MS = 60_000;
/** GUIDs of the emulator. All others, and the names of journals, are made by chance and not compared. */
const OWN_IDS = '00000000-0000-4000-8000-';
const CHANCE =
  /(?!00000000-0000-4000-8000-)[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|(?<=sync:)[\da-f]{32}/g;
/** The signature of a pre-authenticated URL: each emulator has a key of its own. */
const SIGNATURE = /(?<=tempauth=v1\.[\w-]+\.)[\w-]+/g;
/** What differs between two equal answers. */
const UNEQUAL = ['date', 'x-request-id'];

export type UserName = 'writer' | 'reader' | 'narrow';

export interface TwinRequest {
  readonly method: string;
  readonly path: string;
  readonly user: UserName;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface TwinAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/**
 * One server over an emulated Microsoft of its own: two of them that are told the same are in the same state. The mount
 * `m` is Ada's drive, `n` is her folder `/shared`; they know of each other's changes only what the feed of the drive
 * tells. No turn of the feed comes by itself, so that each look at it is one that a request has asked for.
 */
export interface Twin extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly emulator: Emulator;
  readonly ada: MailboxHandle;
  readonly table: MountTable;
  /** By the name in the root; `other` is a folder of Grace's. */
  readonly mounts: Readonly<Record<'m' | 'n' | 'other', MountSpec>>;
  send(request: TwinRequest): Promise<TwinAnswer>;
  /** The server itself. */
  readonly front: FrontDoorTest;
}

export async function openTwin(maxAnswerBytes: number): Promise<Twin> {
  const clock = coarseClock();
  let ids = 0;
  const nextId = () => {
    ids += 1;
    return `${OWN_IDS}${ids.toString(16).padStart(12, '0')}`;
  };
  const emulator = await createEmulator({ clock, ids: nextId });
  const [ada, grace] = ['ada', 'grace'].map(name => emulator.addMailbox({ upn: `${name}@contoso.com` })) as [
    MailboxHandle,
    MailboxHandle,
  ];
  ada.mkdir('/shared');
  grace.mkdir('/shared');
  const options = { clock, ttlMs: 5_000, pollMs: 30_000 };
  const whole = await openOneDrive(emulator, { ...options, mailbox: ada.upn });
  const part = await openOneDrive(emulator, { ...options, mailbox: ada.upn, root: ['shared'], feeds: whole.feeds });
  const other = await openOneDrive(emulator, { ...options, mailbox: grace.upn, root: ['shared'] });
  const spec = (name: string, { drive }: { drive: MountSpec['drive'] }) => ({ name, drive, readOnly: false });
  const mounts = {
    m: { ...spec('m', whole), download: 'auto' as const },
    n: { ...spec('n', part), download: 'redirect' as const },
    other: { ...spec('n', other), download: 'redirect' as const },
  };
  const table = new MountTable({ fixed: [mounts.m, mounts.n], since: new Date(START), clock });
  const front = await startFrontDoor({
    table,
    clock,
    maxAnswerBytes,
    users: [
      { name: 'writer', mounts: '*', access: 'write' },
      { name: 'reader', mounts: '*', access: 'read' },
      { name: 'narrow', mounts: ['n'], access: 'write' },
    ],
  });
  const agent = new Agent({ connections: 1 });
  await beginFeeds(clock, [whole.drive, other.drive]);
  return {
    ...{ clock, emulator, ada, table, mounts, front },
    send: asked => send(front, agent, asked),
    [Symbol.asyncDispose]: async () => {
      await agent.close();
      await front.stop();
      for (const drive of [part, other, whole]) {
        await drive.close();
      }
      await emulator.close();
    },
  };
}

interface CoarseClock extends FakeClock {
  /** How many wait for their next turn, which never comes. */
  turns(): number;
}

/** Pauses before retries have a part of chance; they take equally long here, so that the clocks of twins stay equal. */
function coarseClock(): CoarseClock {
  const clock = fakeClock(START);
  let turns = 0;
  const sleep: FakeClock['sleep'] = (milliseconds, signal, options) => {
    turns += options?.letsProcessEnd ? 1 : 0;
    return clock.sleep(Math.ceil(milliseconds / COARSE_MS) * COARSE_MS, signal, options);
  };
  return { ...clock, sleep, turns: () => turns };
}

/** The feed of each of these begins in the background, after the first look. */
async function beginFeeds(clock: CoarseClock, drives: readonly MountSpec['drive'][]): Promise<void> {
  for (const [index, drive] of drives.entries()) {
    await drive.stat(ROOT, { signal: new AbortController().signal });
    await eventually(() => {
      if (clock.turns() <= index) {
        throw new Error('a feed has not begun');
      }
    });
  }
}

async function send(
  { url, password }: FrontDoorTest,
  dispatcher: Dispatcher,
  { method, path, user, headers = {}, body }: TwinRequest,
): Promise<TwinAnswer> {
  const answer = await request(`${url}${path}`, {
    method: method as Dispatcher.HttpMethod,
    headers: { ...basic(user, password), ...headers },
    ...(body === undefined ? {} : { body }),
    dispatcher,
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const isCoded = answer.headers['content-encoding'] === 'gzip';
  const received = (isCoded ? gunzipSync(bytes) : bytes).toString('latin1');
  // A coded text is as long as chance has it.
  const own = isCoded ? { ...answer.headers, 'content-length': undefined } : answer.headers;
  const text = JSON.stringify({ headers: own, body: received })
    .replaceAll(CHANCE, 'chance')
    .replaceAll(SIGNATURE, 'signature');
  const { headers: fields, body: equal } = JSON.parse(text) as TwinAnswer;
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(Object.entries(fields).filter(([name]) => !UNEQUAL.includes(name))),
    body: equal,
  };
}
