import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { CallGraph } from '../../src/graph/client.ts';
import { GraphError } from '../../src/graph/errors.ts';
import type { PeopleRule } from '../../src/people/people-rule.ts';
import { PeopleWatch } from '../../src/people/people-watch.ts';
import { NO_PEERS, type Peers } from '../../src/state/peers.ts';
import type { State } from '../../src/state/state.ts';
import { eventually } from '../support/eventually.ts';
import { INTERVAL_MS } from '../support/mounts-server.ts';
import { PeersInMemory } from '../support/peers-in-memory.ts';
import { answeringLate, openMemoryState } from '../support/state-engines.ts';
import { waitingClock } from '../support/waiting-clock.ts';

/** Object id → whether the account is enabled. */
type Accounts = Record<string, boolean>;

/** An answer that arrives when the test wants; it is as of the request. */
interface Held {
  readonly start: string;
  /** Resolves when the request has come. */
  readonly asked: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

class Directory {
  accounts: Accounts;
  /** Object ids of those who have the role. */
  holders: readonly string[] = [];
  forbidden = false;
  readonly #held: Held[] = [];

  constructor(accounts: Accounts) {
    this.accounts = accounts;
  }

  readonly call: CallGraph = async ({ path }) => {
    if (this.forbidden) {
      throw new GraphError('answer', 'no', { status: 403 });
    }
    if (path.startsWith('/servicePrincipals')) {
      const value = this.holders.map(id => ({ appRoleId: 'r', principalId: id, principalType: 'User' }));
      return { status: 200, headers: new Headers(), json: { id: 's', appRoles: [{ id: 'r', value: 'Files' }], value } };
    }
    const [, id] = /^\/users\/([^?/]+)/.exec(path) ?? [];
    const json =
      id === undefined ? { value: Object.keys(this.accounts).map(each => this.#wire(each)) } : this.#wire(id);
    const index = this.#held.findIndex(({ start }) => path.startsWith(start));
    const [held] = index < 0 ? [] : this.#held.splice(index, 1);
    held?.asked.resolve();
    await held?.released.promise;
    if (json === undefined) {
      throw new GraphError('answer', 'nobody', { status: 404, codes: ['request_resourcenotfound'] });
    }
    return { status: 200, headers: new Headers(), json };
  };

  /** Holds the answer to the next request whose path begins like this. */
  hold(start: string): { readonly asked: Promise<void>; readonly release: () => void } {
    const held = { start, asked: Promise.withResolvers<void>(), released: Promise.withResolvers<void>() };
    this.#held.push(held);
    return { asked: held.asked.promise, release: held.released.resolve };
  }

  #wire(id: string) {
    const accountEnabled = this.accounts[id];
    return accountEnabled === undefined ? undefined : { id, userPrincipalName: `${id}@contoso.com`, accountEnabled };
  }
}

const RULE: PeopleRule = {
  ...{ tenant: 'contoso', match: ['*'], exclude: [], group: undefined, appRole: undefined, guests: false },
  ...{ mounts: { own: 'write', named: {} }, download: undefined, limits: undefined },
  ...{ shares: true, devicePasswords: 20, position: 0 },
};

interface WatchOptions {
  readonly rule?: PeopleRule;
  readonly state?: State;
  readonly peers?: Peers;
}

async function watchOver(
  directory: Directory,
  { rule = RULE, state = answeringLate(openMemoryState()), peers = NO_PEERS }: WatchOptions = {},
) {
  const clock = waitingClock();
  let [changes, forgotten] = [0, 0];
  const options = {
    ...{ call: directory.call, tenantId: 't', storeKey: 't', clientId: 'c', rules: [rule], addresses: [] },
    ...{ store: state.people, peers, intervalMs: INTERVAL_MS, clock, log: pino({ enabled: false }) },
    forgetToken: () => {
      forgotten += 1;
    },
    onLook: async () => {},
    onChange: () => {
      changes += 1;
    },
  };
  const watch = await PeopleWatch.open(options);
  watch.start();
  await clock.waiting(1);
  const admittedIn = (people: PeopleWatch) =>
    people
      .all()
      .map(({ person }) => person.userId)
      .sort();
  /** Begins a look at one person; the answer is taken when it arrives. */
  const look = async (userId: string) => {
    const take = watch.begin();
    await take(userId, await watch.ask(userId, { withGroups: false }, new AbortController().signal));
  };
  return {
    watch,
    clock,
    look,
    admitted: () => admittedIn(watch),
    kept: async () => admittedIn(await PeopleWatch.open(options)),
    counts: () => ({ changes, forgotten }),
  };
}

describe('looks that are under way together', () => {
  it('count in the order in which they began: one person after everybody', async () => {
    const directory = new Directory({ ada: true, bob: true, eve: false });
    const { clock, look, admitted, kept, watch } = await watchOver(directory);
    const list = directory.hold('/users?');
    const whole = clock.pass(INTERVAL_MS);
    await list.asked;
    directory.accounts = { ada: false, eve: true };
    await Promise.all(['ada', 'bob', 'eve'].map(look));
    expect([admitted(), await kept()]).toEqual([['eve'], ['eve']]);
    list.release();
    await whole;
    expect([admitted(), await kept()]).toEqual([['eve'], ['eve']]);
    // A later list counts again.
    directory.accounts = { ada: true, bob: true, eve: false };
    await clock.pass(INTERVAL_MS);
    expect([admitted(), await kept()]).toEqual([
      ['ada', 'bob'],
      ['ada', 'bob'],
    ]);
    await watch.stop();
  });

  it('count in the order in which they began: everybody after one person', async () => {
    const directory = new Directory({ ada: true, bob: false });
    const { clock, look, admitted, kept, watch } = await watchOver(directory);
    const names = ['ada', 'bob', 'joe'];
    const answers = names.map(name => directory.hold(`/users/${name}`));
    const looks = names.map(look);
    await Promise.all(answers.map(({ asked }) => asked));
    directory.accounts = { ada: false, bob: true, joe: true };
    await clock.pass(INTERVAL_MS);
    expect(admitted()).toEqual(['bob', 'joe']);
    for (const { release } of answers) {
      release();
    }
    await Promise.all(looks);
    expect([admitted(), await kept()]).toEqual([
      ['bob', 'joe'],
      ['bob', 'joe'],
    ]);
    await watch.stop();
  });

  it.each(['first', 'last'])(
    'at the same person count in that order, too, when the earlier answer comes %s',
    async order => {
      const directory = new Directory({ ada: true });
      const { look, admitted, kept, watch } = await watchOver(directory);
      const answers = [directory.hold('/users/ada'), directory.hold('/users/ada')];
      const earlier = look('ada');
      await answers[0]!.asked;
      directory.accounts = { ada: false };
      const later = look('ada');
      await answers[1]!.asked;
      const looks = [earlier, later];
      for (const index of order === 'first' ? [0, 1] : [1, 0]) {
        answers[index]!.release();
        await looks[index];
      }
      expect([admitted(), await kept()]).toEqual([[], []]);
      await watch.stop();
    },
  );
});

it('a look at one person does not bring a role back that a look at everybody has found to be gone', async () => {
  const directory = new Directory({ ada: true, bob: true });
  directory.holders = ['ada', 'bob'];
  const { clock, look, admitted, kept, watch } = await watchOver(directory, { rule: { ...RULE, appRole: 'Files' } });
  const list = directory.hold('/users?');
  const whole = clock.pass(INTERVAL_MS);
  await list.asked;
  directory.holders = ['bob'];
  await look('ada');
  expect(admitted()).toEqual(['ada', 'bob']);
  list.release();
  await whole;
  expect([admitted(), await kept()]).toEqual([['bob'], ['bob']]);
  await watch.stop();
});

describe('a watch', () => {
  it('tells of changes, and of nothing else', async () => {
    const directory = new Directory({ ada: true, bob: true });
    const { clock, look, counts, watch } = await watchOver(directory);
    expect(counts().changes).toBe(1);
    await clock.pass(INTERVAL_MS);
    await look('ada');
    await look('nobody');
    expect(counts().changes).toBe(1);
    directory.accounts = { ada: false, bob: true, eve: true };
    await look('ada');
    expect(counts().changes).toBe(2);
    await clock.pass(INTERVAL_MS);
    expect(counts().changes).toBe(3);
    await watch.stop();
  });

  it('gets another token after a refusal: a new one has newly granted permissions', async () => {
    const directory = new Directory({ ada: true });
    const { clock, counts, watch } = await watchOver(directory);
    directory.forbidden = true;
    await clock.pass(INTERVAL_MS);
    expect(counts().forgotten).toBe(1);
    await watch.stop();
  });
});

describe('two servers with one state', () => {
  async function openTwo(directory: Directory, ruleOfB = RULE) {
    const [all, state] = [new PeersInMemory(), answeringLate(openMemoryState())];
    const [peersOfA, peersOfB] = [all.join('a'), all.join('b')];
    const a = await watchOver(directory, { state, peers: peersOfA });
    const b = await watchOver(directory, { state, peers: peersOfB, rule: ruleOfB });
    const stop = () => Promise.all([a.watch.stop(), b.watch.stop()]);
    return { a, b, peersOfB, stop };
  }

  it('know whom the other has asked for, when that is answered', async () => {
    const directory = new Directory({ ada: true, bob: true });
    const { a, b, stop } = await openTwo(directory);
    directory.accounts = { ada: false, joe: true };
    await Promise.all(['ada', 'bob', 'joe'].map(a.look));
    expect(b.admitted()).toEqual(['joe']);
    expect(b.counts().changes).toBeGreaterThan(0);
    directory.accounts = { ada: true, joe: true };
    await b.look('ada');
    expect([a.admitted(), await b.kept()]).toEqual([
      ['ada', 'joe'],
      ['ada', 'joe'],
    ]);
    await stop();
  });

  it('keep what they were told while they looked for everybody', async () => {
    const directory = new Directory({ ada: true });
    const { a, b, stop } = await openTwo(directory);
    const list = directory.hold('/users?');
    const whole = b.clock.pass(INTERVAL_MS);
    await list.asked;
    directory.accounts = { ada: true, joe: true };
    await a.look('joe');
    list.release();
    await whole;
    expect(b.admitted()).toEqual(['ada', 'joe']);
    await stop();
  });

  it('take nothing from one whose rules ask for something else', async () => {
    const directory = new Directory({ ada: true });
    const { a, b, stop } = await openTwo(directory, { ...RULE, group: 'g' });
    const before = b.admitted();
    directory.accounts = { ada: true, joe: true };
    await a.look('joe');
    expect([a.admitted(), b.admitted()]).toEqual([['ada', 'joe'], before]);
    await stop();
  });

  it('catch up when they may have missed something, and hear nothing after their end', async () => {
    const directory = new Directory({ ada: true });
    const { a, b, peersOfB, stop } = await openTwo(directory);
    directory.accounts = { ada: true, joe: true, eve: false };
    peersOfB.drop();
    await Promise.all(['joe', 'eve'].map(a.look));
    expect(b.admitted()).toEqual(['ada']);
    peersOfB.rejoin();
    await eventually(() => expect(b.admitted()).toEqual(['ada', 'joe']));
    await b.watch.stop();
    directory.accounts = {};
    await a.look('ada');
    expect(b.admitted()).toEqual(['ada', 'joe']);
    await stop();
  });
});
