import { describe, expect, it } from 'vitest';
import { Places } from '../../src/graph/places.ts';
import { runFor } from '../../src/lib/caller.ts';

const live = () => new AbortController().signal;
const turn = () => new Promise(resolve => setImmediate(resolve));

/** Takes places that are never given back, until one has to wait; gives how many there were. */
async function hang(places: Places, lane: string, user = 'mallory'): Promise<number> {
  for (let count = 0; ; count += 1) {
    const waitingBefore = places.load.waiting;
    runFor({ user, connection: {} }, () => void places.take(lane, live()));
    await turn();
    if (places.load.waiting > waitingBefore) {
      return count;
    }
  }
}

/** True when there is a place at once. */
async function isServed(places: Places, lane: string, user?: string): Promise<boolean> {
  let isIn = false;
  const take = async () => {
    const release = await places.take(lane, live());
    isIn = true;
    release();
  };
  void (user === undefined ? take() : runFor({ user, connection: {} }, take));
  await turn();
  return isIn;
}

describe('D12: places are shared fairly', () => {
  it('calls of one mailbox that hang do not stop the others', async () => {
    const places = new Places(16);
    expect(await hang(places, 'ada')).toBe(16);
    expect(await isServed(places, 'ada', 'mallory')).toBe(false);
    expect(await isServed(places, 'grace', 'mallory')).toBe(true);
    expect(await isServed(places, 'hedy', 'mallory')).toBe(true);
  });

  it('calls of one person that hang do not stop another one in the same mailbox', async () => {
    const places = new Places(16);
    await hang(places, 'ada');
    expect(await isServed(places, 'ada', 'alice')).toBe(true);
  });

  it('bounds the number of waiting requests', async () => {
    const places = new Places(4);
    for (let lane = 0; lane < 100; lane += 1) {
      runFor({ user: `user ${lane % 10}`, connection: {} }, () => void places.take(`lane ${lane}`, live()));
    }
    await turn();
    expect(places.load.active).toBeLessThanOrEqual(12);
  });

  it('one connection with thousands of requests does not keep another one waiting behind them', async () => {
    const places = new Places(1);
    const releases: (() => void)[] = [];
    const served: string[] = [];
    const ask = (user: string, connection: object, name: string) =>
      runFor({ user, connection }, async () => {
        releases.push(await places.take('ada', live()));
        served.push(name);
      });
    const [greedy, modest] = [{}, {}];
    for (let index = 0; index < 500; index += 1) {
      void ask('one', greedy, 'greedy');
    }
    await turn();
    void ask('one', modest, 'modest');
    void ask('two', {}, 'other person');
    await turn();
    for (let index = 0; index < 3; index += 1) {
      releases.shift()?.();
      await turn();
    }
    expect(served.indexOf('other person')).toBeLessThan(3);
    expect(served).toContain('modest');
  });

  it("serves people before the server's own work", async () => {
    const places = new Places(1);
    const order: string[] = [];
    const first = await places.take('x', live());
    const inTurn = async (name: string) => {
      const release = await places.take('x', live());
      order.push(name);
      release();
    };
    const waits = [inTurn('background'), inTurn('background')];
    await turn();
    waits.push(runFor({ user: 'alice', connection: {} }, () => inTurn('person')));
    await turn();
    first();
    await Promise.all(waits);
    expect(order[0]).toBe('person');
  });

  it('one person cannot fill the queue', async () => {
    const places = new Places(1);
    const refused = Promise.withResolvers<unknown>();
    for (let index = 0; index < 1_200; index += 1) {
      runFor({ user: 'one', connection: {} }, () => void places.take('ada', live()).catch(refused.resolve));
    }
    expect(await refused.promise).toMatchObject({ kind: 'throttled' });
    let isWaiting = true;
    runFor({ user: 'two', connection: {} }, () => places.take('ada', live())).catch(() => {
      isWaiting = false;
    });
    await turn();
    expect(isWaiting).toBe(true);
  });
});

it('a limit that rises lets those in who wait, and one that sinks counts for those who come', async () => {
  const places = new Places(1);
  const signal = new AbortController().signal;
  const first = await places.take('a', signal);
  const others = ['a', 'a', 'a', 'a'].map(lane => places.take(lane, signal));
  await new Promise(resolve => setImmediate(resolve));
  const { active, waiting } = places.load;
  expect(waiting).toBeGreaterThan(0);
  places.limit(8);
  await Promise.all(others);
  expect(places.load).toEqual({ active: active + waiting, waiting: 0 });
  places.limit(1);
  const late = places.take('a', signal);
  first();
  await new Promise(resolve => setImmediate(resolve));
  expect(places.load.waiting).toBe(1);
  for (const other of others) {
    (await other)();
  }
  (await late)();
  expect(places.load).toEqual({ active: 0, waiting: 0 });
});
