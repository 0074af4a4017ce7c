import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../../src/drive/memory-drive.ts';
import { type DrivePath, foldName, toDrivePath } from '../../../src/drive/path.ts';
import { currentCaller } from '../../../src/lib/caller.ts';
import type { LockStore } from '../../../src/state/lock-store.ts';
import { isAtOrBelow } from '../../../src/state/place.ts';
import type { State } from '../../../src/state/state.ts';
import { type Dav, davClient } from '../../support/dav-client.ts';
import { withFaults } from '../../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../../support/front-door.ts';
import { inAllOrders, Stage } from '../../support/interleavings.ts';
import { lockInfo, tokenIn } from '../../support/locks.ts';
import { PASSWORD } from '../../support/passwords.ts';
import { answeringLate, openMemoryState } from '../../support/state-engines.ts';

/** The events of a run in their order; `names` are below the folder of the run. */
type Event =
  | { readonly kind: 'locked' | 'unlocking'; readonly user: string; readonly names: readonly string[] }
  | { readonly kind: 'changed'; readonly user: string; readonly places: readonly (readonly string[])[] };

/** One request of a script: a method, a path, and a second one where there is one. */
type Line = readonly [method: 'LOCK' | 'LOCK 0' | 'UNLOCK' | 'PUT' | 'MOVE' | 'DELETE', path: string, to?: string];

const FINE = /^(LOCK (200|201|207|409|423)|UNLOCK 204|PUT (201|204|412|423)|(MOVE|DELETE) (201|204|404|412|423))$/;

interface Scripts {
  readonly ada: readonly Line[];
  readonly bob: readonly Line[];
  /** The results that one order or the other allows. */
  readonly outcomes: readonly string[];
}

const SCRIPTS: readonly Scripts[] = [
  { ada: [['LOCK', 'x']], bob: [['PUT', 'x']], outcomes: ['LOCK 200 | PUT 204', 'LOCK 200 | PUT 423'] },
  {
    ada: [['LOCK', 'new']],
    bob: [['PUT', 'new']],
    outcomes: ['LOCK 200 | PUT 201', 'LOCK 201 | PUT 423'],
  },
  { ada: [['LOCK', 'x']], bob: [['LOCK', 'x']], outcomes: ['LOCK 200 | LOCK 423', 'LOCK 423 | LOCK 200'] },
  { ada: [['LOCK', 'new']], bob: [['LOCK', 'new']], outcomes: ['LOCK 201 | LOCK 423', 'LOCK 423 | LOCK 201'] },
  { ada: [['LOCK', 'f']], bob: [['LOCK', 'f/x']], outcomes: ['LOCK 200 | LOCK 423', 'LOCK 207 | LOCK 200'] },
  { ada: [['LOCK 0', 'f']], bob: [['LOCK', 'f/new']], outcomes: ['LOCK 200 | LOCK 201', 'LOCK 200 | LOCK 423'] },
  { ada: [['LOCK', 'x']], bob: [['MOVE', 'x', 'z']], outcomes: ['LOCK 201 | MOVE 201', 'LOCK 200 | MOVE 423'] },
  { ada: [['LOCK', 'x']], bob: [['MOVE', 'y', 'x']], outcomes: ['LOCK 200 | MOVE 204', 'LOCK 200 | MOVE 423'] },
  { ada: [['LOCK', 'f/x']], bob: [['MOVE', 'f', 'g']], outcomes: ['LOCK 200 | MOVE 423', 'LOCK 409 | MOVE 201'] },
  { ada: [['LOCK', 'x']], bob: [['DELETE', 'x']], outcomes: ['LOCK 201 | DELETE 204', 'LOCK 200 | DELETE 423'] },
  { ada: [['LOCK', 'f']], bob: [['PUT', 'f/new']], outcomes: ['LOCK 200 | PUT 201', 'LOCK 200 | PUT 423'] },
  {
    ada: [
      ['LOCK', 'x'],
      ['UNLOCK', 'x'],
    ],
    bob: [
      ['LOCK', 'x'],
      ['UNLOCK', 'x'],
    ],
    outcomes: [
      'LOCK 200, UNLOCK 204 | LOCK 423',
      'LOCK 423 | LOCK 200, UNLOCK 204',
      'LOCK 200, UNLOCK 204 | LOCK 200, UNLOCK 204',
    ],
  },
  {
    ada: [
      ['LOCK', 'x'],
      ['UNLOCK', 'x'],
    ],
    bob: [['MOVE', 'x', 'z']],
    outcomes: ['LOCK 200, UNLOCK 204 | MOVE 423', 'LOCK 200, UNLOCK 204 | MOVE 201', 'LOCK 201, UNLOCK 204 | MOVE 201'],
  },
  {
    ada: [
      ['LOCK', 'x'],
      ['PUT', 'x'],
      ['UNLOCK', 'x'],
    ],
    bob: [['PUT', 'x']],
    outcomes: ['LOCK 200, PUT 204, UNLOCK 204 | PUT 423', 'LOCK 200, PUT 204, UNLOCK 204 | PUT 204'],
  },
];

function titleOf({ ada, bob }: Scripts): string {
  const [one, other] = [ada, bob].map(script => script.map(line => line.join(' ')).join(', '));
  return `${one} beside ${other}`;
}

describe('two clients, and a store whose answers come late: in all orders of their steps no lock is passed by', () => {
  const stage = new Stage();
  const { signal } = new AbortController();
  const memory = createMemoryDrive();
  let state: State;
  let door: FrontDoorTest;
  let events: Event[] = [];
  let folders = 0;
  const clients: Record<string, Dav> = {};

  /** Delays each call, and the steps of a drive after its last look at the locks. */
  beforeAll(async () => {
    state = openMemoryState();
    const { locks } = answeringLate(state, async call => {
      if (!call.endsWith('answered')) {
        await stage.step();
      }
    });
    const waiting: LockStore = new Proxy(locks, {
      get: (target, name, receiver) =>
        name === 'settled'
          ? async (place: readonly string[]) => {
              await stage.step();
              return stage.wait(() => state.locks.settled(place));
            }
          : Reflect.get(target, name, receiver),
    });
    const changed = (...paths: DrivePath[]) =>
      events.push({
        kind: 'changed',
        user: currentCaller()!.user,
        places: paths.map(path => path.slice(1).map(foldName)),
      });
    const drive = withFaults(memory, {
      stat: async (path, options) => {
        await stage.step();
        return memory.stat(path, options);
      },
      write: async (path, body, options) => {
        const beforeCommit = async () => {
          await options.beforeCommit?.();
          await stage.step();
        };
        const result = await memory.write(path, body, { ...options, beforeCommit });
        changed(path);
        return result;
      },
      move: async (from, to, options) => {
        await stage.step();
        const result = await memory.move(from, to, options);
        changed(from, to);
        return result;
      },
      remove: async (path, options) => {
        await stage.step();
        await memory.remove(path, options);
        changed(path);
      },
    });
    const users = ['ada', 'bob'].map(name => ({ name, mounts: '*', access: 'write' }) as const);
    door = await startFrontDoor({ drive, users, locks: waiting });
    for (const { name } of users) {
      clients[name] = davClient({ url: door.url, user: name, password: PASSWORD });
      await clients[name]('OPTIONS', '/m/');
    }
  });
  afterAll(async () => {
    await door?.stop();
    await state?.close();
  });

  /** Plays one script, all in the folder of the run; gives the answers, as `PUT 204`. */
  async function act(user: string, script: readonly Line[], folder: string): Promise<string[]> {
    const answers: string[] = [];
    let token: string | undefined;
    for (const [line, path, to] of script) {
      const [method, depth = 'infinity'] = line.split(' ') as [string, string?];
      const url = (name: string) => `/m/${folder}/${name}`;
      const names = path.split('/').map(foldName);
      if (method === 'UNLOCK') {
        if (token === undefined) {
          continue;
        }
        events.push({ kind: 'unlocking', user, names });
      }
      const headers: Record<string, string> = {
        ...(method === 'LOCK' ? { Depth: depth } : {}),
        ...(method === 'UNLOCK' ? { 'Lock-Token': `<${token}>` } : {}),
        ...(method !== 'LOCK' && method !== 'UNLOCK' && token !== undefined ? { If: `(<${token}>)` } : {}),
        ...(to === undefined ? {} : { Destination: url(to) }),
      };
      const body = method === 'LOCK' ? lockInfo() : method === 'PUT' ? user : undefined;
      const answer = await clients[user]!(method, url(path), headers, body);
      answers.push(`${method} ${answer.status}`);
      if (method === 'LOCK' && answer.status < 202) {
        token = tokenIn(answer);
        events.push({ kind: 'locked', user, names });
      }
    }
    return answers;
  }

  /** Goes through the events, and returns those that must not have happened. */
  function breaches(): string[] {
    const held = new Map<string, readonly string[]>();
    const found: string[] = [];
    for (const event of events) {
      const { user } = event;
      const others = [...held].filter(([holder]) => holder !== user);
      const touches = event.kind === 'changed' ? event.places : [event.names];
      const inTheWay = others.filter(([, names]) => touches.some(place => isAtOrBelow(place, names)));
      if (event.kind === 'unlocking') {
        held.delete(user);
        continue;
      }
      found.push(...inTheWay.map(([holder]) => `${user} ${event.kind} what ${holder} had locked`));
      if (event.kind === 'locked') {
        held.set(user, event.names);
      }
    }
    return found;
  }

  async function seed(folder: string): Promise<void> {
    await memory.makeFolder(toDrivePath([folder]), { signal });
    await memory.makeFolder(toDrivePath([folder, 'f']), { signal });
    for (const names of [['x'], ['y'], ['f', 'x']]) {
      await memory.write(toDrivePath([folder, ...names]), text('old'), { signal });
    }
  }

  /** The locks that must still be there at the end: told to their clients, and not given back. */
  async function lostLocks(folder: string): Promise<string[]> {
    const kept = await state.locks.discover(memory.canonicalPath(toDrivePath([folder])).map(foldName), {
      now: Date.now(),
      members: true,
    });
    return Object.keys(clients).filter(user => {
      const own = events.filter(event => event.user === user && event.kind !== 'changed');
      return own.at(-1)?.kind === 'locked' && !kept.some(lock => lock.user === user);
    });
  }

  it.each(SCRIPTS.map(script => [titleOf(script), script] as const))('%s', async (_, { ada, bob, outcomes }) => {
    const seen = new Map<string, number>();
    const runs = await inAllOrders(async choose => {
      folders += 1;
      const folder = `run ${folders}`;
      await seed(folder);
      events = [];
      const answers: Record<string, string[]> = {};
      const play = (user: string, script: readonly Line[]) => async () => {
        answers[user] = await act(user, script, folder);
      };
      await stage.play({ ada: play('ada', ada), bob: play('bob', bob) }, choose);
      expect({ breaches: breaches(), lost: await lostLocks(folder), answers }).toMatchObject({
        breaches: [],
        lost: [],
      });
      const outcome = `${answers.ada!.join(', ')} | ${answers.bob!.join(', ')}`;
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      expect([...answers.ada!, ...answers.bob!].filter(answer => !FINE.test(answer))).toEqual([]);
    });
    expect([...seen.keys()].sort()).toEqual(outcomes.toSorted());
    expect(runs).toBeGreaterThan(1);
  });
});

async function* text(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}
