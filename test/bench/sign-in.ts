import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { openState } from '../../src/state/sqlite/state.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { admitted, newDevicePassword, testPeople } from '../support/people.ts';
import { basic } from '../support/raw-http.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const ROUNDS = 21;
const REQUESTS = 250;
/** Of others; the digest is the primary key, so their number hardly matters. */
const PASSWORDS = 1_200;
const MAX_RATIO = 1.1;
/** Asks in a thread of its own, one request after another on one connection. */
const CLIENT = `
  const { parentPort, workerData: { url, headers, count } } = require('node:worker_threads');
  const { Agent, request } = require('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () => new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'PROPFIND', headers }, response => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    sent.once('error', reject).end();
  });
  parentPort.on('message', async () => {
    const statuses = new Set();
    for (let each = 0; each < count; each += 1) {
      statuses.add(await ask());
    }
    parentPort.postMessage([...statuses].join());
  });
`;

/**
 * The processor time of a small request (PROPFIND, Depth 0) with a device password beside one with a user of the
 * configuration whose password is remembered; the state is on disk.
 */
export async function measureSignIn(): Promise<boolean> {
  await using folder = await makeTempDir();
  const state = openState(folder.path);
  const { text, stored } = newDevicePassword('ada');
  const others = Array.from({ length: PASSWORDS }, (_, index) => newDevicePassword(`person ${index % 60}`).stored);
  for (const password of [stored, ...others]) {
    await state.devicePasswords.add(password, { max: 20, now: 0 });
  }
  const door = await startFrontDoor({ people: testPeople(admitted('ada')), devicePasswords: state.devicePasswords });
  const clients = [basic(door.user, door.password), basic('ada', text)].map(credentials => {
    const workerData = { url: `${door.url}/m/`, headers: { ...credentials, Depth: '0' }, count: REQUESTS };
    return { worker: new Worker(CLIENT, { eval: true, workerData }), costs: [] as number[] };
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { worker, costs } of round % 2 === 0 ? clients : clients.toReversed()) {
      costs.push(await costOf(worker));
    }
  }
  const [remembered, device] = clients.map(({ costs }) => lowQuartileOf(costs)) as [number, number];
  console.log(
    `with a remembered password ${remembered.toFixed(0)} µs, with a device password ${device.toFixed(0)} µs: ` +
      `${(device / remembered).toFixed(3)} times (bound ${MAX_RATIO})`,
  );
  await Promise.all(clients.map(({ worker }) => worker.terminate()));
  await door.stop();
  await state.close();
  return device / remembered <= MAX_RATIO;
}

/** Returns the microseconds of this thread for each of a client's requests. */
async function costOf(client: Worker): Promise<number> {
  const before = process.threadCpuUsage();
  client.postMessage('go');
  const [statuses] = (await once(client, 'message')) as [string];
  if (statuses !== '207') {
    throw new Error(`answered with ${statuses}`);
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / REQUESTS;
}

/** Another process can only add to a cost, by taking the caches: the cheaper rounds are nearer to the truth. */
function lowQuartileOf(costs: readonly number[]): number {
  return costs.toSorted((left, right) => left - right)[Math.floor(costs.length / 4)]!;
}
