import { describe, expect, it } from 'vitest';
import { FairQueue, QueueFullError } from '../../src/auth/fair-queue.ts';

/** Tasks that end when they are told to, and the order in which they began. */
function tasks(queue: FairQueue) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (lane: string, name: string) =>
    queue.run(lane, () => {
      begun.push(name);
      return new Promise<string>(resolve => ends.set(name, () => resolve(name)));
    });
  const end = async (name: string) => {
    ends.get(name)!();
    await new Promise(resolve => setImmediate(resolve));
  };
  return { begun, run, end };
}

describe('FairQueue', () => {
  it('takes from each lane in turn, however many requests another lane has', async () => {
    const { begun, run, end } = tasks(new FairQueue({ parallel: 1, maxPerLane: 10, max: 100 }));
    const all = ['a1', 'a2', 'a3', 'b1', 'c1'].map(name => run(name[0]!, name));
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3']) {
      await end(name);
    }
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3']);
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'b1', 'c1']);
  });

  it("refuses requests beyond a lane's limit, and drops one of a long lane when a shorter one needs room", async () => {
    const { begun, run, end } = tasks(new FairQueue({ parallel: 1, maxPerLane: 3, max: 4 }));
    const first = run('a', 'a0');
    const long = ['a1', 'a2', 'a3'].map(name => run('a', name));
    await expect(run('a', 'a4')).rejects.toThrow(QueueFullError);
    const b1 = run('b', 'b1');
    const c1 = run('c', 'c1');
    await expect(long[2]).rejects.toThrow(QueueFullError);
    for (const name of ['a0', 'a1', 'b1', 'c1', 'a2']) {
      await end(name);
    }
    expect(begun).toEqual(['a0', 'a1', 'b1', 'c1', 'a2']);
    await Promise.all([first, long[0], long[1], b1, c1]);
  });

  it('gives the place of a task that failed to the next one', async () => {
    const queue = new FairQueue({ parallel: 1, maxPerLane: 3, max: 4 });
    const failed = queue.run('a', () => Promise.reject(new Error('broken')));
    const next = queue.run('a', async () => 'next');
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe('next');
    expect(await queue.run('b', async () => 'later')).toBe('later');
  });
});
