import { Agent, request } from 'node:http';
import type { DevicePassword } from '../../src/state/device-password-store.ts';
import { openState } from '../../src/state/sqlite-state.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { admitted, newDevicePassword, testPeople } from '../support/people.ts';
import { basic } from '../support/raw-http.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const ROUNDS = 41;
const REQUESTS = 250;
/** Device passwords of 600 people with 20 each. */
const PASSWORDS = 12_000;
const MAX_RATIO = 1.1;

/**
 * A small request (PROPFIND, Depth 0) with a device password beside one with a user of the configuration whose password
 * is remembered, on one connection each; the state is on disk.
 */
export async function measureSignIn(): Promise<boolean> {
  await using folder = await makeTempDir();
  const state = openState(folder.path);
  const { text, stored } = newDevicePassword('ada');
  await fill([stored]);
  await fill(Array.from({ length: PASSWORDS }, (_, index) => newDevicePassword(`person ${index % 600}`).stored));
  const door = await startFrontDoor({ people: testPeople(admitted('ada')), devicePasswords: state.devicePasswords });
  const ways = { remembered: basic(door.user, door.password), device: basic('ada', text) };
  const agents = { remembered: newAgent(), device: newAgent() };
  const times: Record<keyof typeof ways, number[]> = { remembered: [], device: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of round % 2 === 0 ? (['remembered', 'device'] as const) : (['device', 'remembered'] as const)) {
      const started = performance.now();
      for (let each = 0; each < REQUESTS; each += 1) {
        await ask(`${door.url}/m/`, agents[way], ways[way]);
      }
      times[way].push(((performance.now() - started) / REQUESTS) * 1000);
    }
  }
  const [remembered, device] = [medianOf(times.remembered), medianOf(times.device)];
  console.log(
    `with a remembered password ${remembered.toFixed(0)} µs, with a device password ${device.toFixed(0)} µs: ` +
      `${(device / remembered).toFixed(3)} times (bound ${MAX_RATIO})`,
  );
  agents.remembered.destroy();
  agents.device.destroy();
  await door.stop();
  await state.close();
  return device / remembered <= MAX_RATIO;

  async function fill(passwords: readonly DevicePassword[]): Promise<void> {
    for (const password of passwords) {
      await state.devicePasswords.add(password, { max: 20, now: 0 });
    }
  }
}

function newAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}

function ask(url: string, agent: Agent, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'PROPFIND', headers: { ...headers, Depth: '0' } }, response => {
      if (response.statusCode !== 207) {
        reject(new Error(`status ${response.statusCode}`));
      }
      response.resume().once('end', resolve);
    });
    sent.once('error', reject).end();
  });
}

/** The first rounds, in which code is compiled, weigh no more than others. */
function medianOf(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[Math.floor(times.length / 2)]!;
}
