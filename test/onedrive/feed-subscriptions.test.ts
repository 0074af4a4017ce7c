import { describe, expect, it } from 'vitest';
import type { GraphCall } from '../../src/graph/client.ts';
import { GraphError } from '../../src/graph/errors.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { createLog } from '../../src/lib/log.ts';
import { FeedSubscriptions } from '../../src/onedrive/feed-subscriptions.ts';
import { waitingClock } from '../support/waiting-clock.ts';

const HOUR_MS = 3_600_000;

/** Subscriptions at a Graph that answers each call as `answer` says, by default with what was asked for. */
function under(answer: (call: GraphCall, count: number) => unknown = () => undefined) {
  const clock = waitingClock();
  const calls: GraphCall[] = [];
  const logged: string[] = [];
  const call = async (given: GraphCall) => {
    calls.push(given);
    const special = answer(given, calls.length);
    if (special instanceof Error) {
      throw special;
    }
    const { expirationDateTime } = ('body' in given ? given.body : {}) as { expirationDateTime?: string };
    return { status: 200, headers: new Headers(), json: special ?? { id: `s${calls.length}`, expirationDateTime } };
  };
  const subscriptions = new FeedSubscriptions({
    graph: { call, clock } as unknown as Graph,
    notificationUrl: 'https://dav.example.com/-/notifications',
    clientState: 'proof',
    log: createLog({ level: 'debug', destination: { write: line => void logged.push(line) } }),
  });
  const made = () => calls.map(({ method, path }) => `${method} ${path}`);
  return { clock, calls, made, logged, subscriptions };
}

describe('subscriptions to the changes of drives', () => {
  it('tell of a change only for the id that was given', async () => {
    const { clock, subscriptions } = under();
    let count = 0;
    subscriptions.follow('d', () => {
      count += 1;
    });
    await clock.waiting(1);
    expect([subscriptions.notified('s2'), count]).toEqual([false, 0]);
    expect([subscriptions.notified('s1'), count]).toEqual([true, 1]);
    await subscriptions.stop();
    expect([subscriptions.notified('s1'), count]).toEqual([false, 1]);
  });

  it('are made once for a drive, for a day, renewed in time, and ended', async () => {
    const { clock, calls, made, subscriptions } = under();
    subscriptions.follow('b!a/b', () => {});
    subscriptions.follow('b!a/b', () => {});
    await clock.waiting(1);
    expect((calls[0] as { body: object }).body).toEqual({
      changeType: 'updated',
      notificationUrl: 'https://dav.example.com/-/notifications',
      resource: 'drives/b!a%2Fb/root',
      clientState: 'proof',
      expirationDateTime: new Date(clock.now() + 24 * HOUR_MS).toISOString(),
    });
    await clock.pass(18 * HOUR_MS - 1);
    expect(made()).toHaveLength(1);
    await clock.pass(1);
    expect(made()[1]).toBe('PATCH /subscriptions/s1');
    await subscriptions.unfollow('b!a/b');
    expect(made()).toEqual(['POST /subscriptions', 'PATCH /subscriptions/s1', 'DELETE /subscriptions/s2']);
  });

  it('are made anew when they cannot be renewed, and again after a failure, which is said once', async () => {
    const failure = new GraphError('answer', 'no', { status: 404 });
    const { clock, made, logged, subscriptions } = under((_, count) =>
      count === 2 || count === 3 ? failure : undefined,
    );
    subscriptions.follow('d', () => {});
    await clock.waiting(1);
    await clock.pass(18 * HOUR_MS);
    await clock.pass(HOUR_MS / 4);
    await clock.pass(HOUR_MS / 4);
    const post = 'POST /subscriptions';
    expect(made()).toEqual([post, 'PATCH /subscriptions/s1', post, post]);
    expect(logged.filter(line => line.includes('Graph does not notify'))).toHaveLength(1);
    await subscriptions.stop();
  });
});
