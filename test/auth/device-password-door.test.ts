import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/auth/audit.ts';
import { createAuthenticator } from '../../src/auth/authenticate.ts';
import { createDevicePasswordCheck } from '../../src/auth/device-password-door.ts';
import type { Verdict } from '../../src/auth/door.ts';
import { createBasicDoor } from '../../src/auth/doors.ts';
import type { DevicePassword } from '../../src/state/device-password-store.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { admitted, newDevicePassword, testPeople } from '../support/people.ts';
import { openMemoryState } from '../support/state-engines.ts';

const MINUTE = 60_000;
const basic = (text: string, encoding: 'utf8' | 'latin1' = 'utf8') =>
  `Basic ${Buffer.from(text, encoding).toString('base64')}`;
const outcome = (verdict: Verdict | undefined) =>
  verdict === undefined ? 'not asked' : 'user' in verdict ? 'in' : verdict.refused;

/** The door of Basic with one user of the configuration, Grace, and Ada and Bob of the directory. */
function setUp() {
  const clock = fakeClock();
  const people = testPeople(
    admitted('ada', { principal: 'Ada.Lovelace@contoso.com', mail: 'Countess@contoso.com' }),
    admitted('bob'),
  );
  const { devicePasswords: store } = openMemoryState();
  const audited: AuditRecord[] = [];
  const audit = (record: AuditRecord) => void audited.push(record);
  const counts = { hashed: 0, found: 0, written: 0, warned: 0 };
  const counting = {
    find: (digest: string) => {
      counts.found += 1;
      return store.find(digest);
    },
    used: (...use: Parameters<typeof store.used>) => {
      counts.written += 1;
      return store.used(...use);
    },
  };
  const authenticate = createAuthenticator({
    users: [{ name: 'grace', passwordHash: PASSWORD_HASH, rights: { rules: [{ named: { '*': 'read' } }] } }],
    cacheSeconds: 300,
    clock,
    isPerson: name => people.named(name) !== undefined,
    audit,
    verify: async password => {
      counts.hashed += 1;
      return password === PASSWORD;
    },
  });
  const log = {
    warn: () => {
      counts.warned += 1;
    },
  };
  const check = createDevicePasswordCheck({ store: counting, people, audit, log, clock });
  const door = createBasicDoor(authenticate, check);
  const connection = {} as never;
  const ask = async (text: string, address = 'home', client = 'rclone/1', socket: never = connection) => {
    const headers = { authorization: text.startsWith('Basic ') ? text : basic(text), 'user-agent': client };
    return door({ headers, socket }, address)!;
  };
  const make = async (userId: string, change: Partial<DevicePassword> = {}) => {
    const { text, stored } = newDevicePassword(userId, change);
    await store.add(stored, { max: 1000, now: clock.now() });
    return { text, ...stored };
  };
  return { clock, people, store, counting, audited, counts, ask, make, door, authenticate };
}

describe('the device password door', () => {
  it('opens to the password with each name of its owner, in any case, and to no other name', async () => {
    const { ask, make, people } = setUp();
    const { text } = await make('ada', { principal: 'Byron@contoso.com' });
    const names = ['ada.lovelace@contoso.com', 'ADA.LOVELACE', 'countess@CONTOSO.com', 'Countess', 'byron@contoso.com'];
    for (const name of [...names, 'byron', 'AzureAD\\Ada.Lovelace@contoso.com', 'CONTOSO\\ada.lovelace']) {
      expect(await ask(`${name}:${text}`), name).toEqual({ user: people.find('ada')!.user });
    }
    for (const name of ['bob', 'bob@contoso.com', 'ada', 'ada.lovelace@', 'contoso.com', '@contoso.com', 'grace']) {
      expect(outcome(await ask(`${name}:${text}`, `from ${name}`)), name).toBe('wrong');
    }
  });

  it('reads names of both encodings', async () => {
    const { ask, make, people } = setUp();
    people.all.set('bjö', admitted('bjö', { principal: 'björk@contoso.com' }));
    const { text } = await make('bjö');
    expect(outcome(await ask(basic(`BJÖRK:${text}`, 'latin1')))).toBe('in');
    expect(outcome(await ask(basic(`bjo\u0308rk:${text}`)))).toBe('in');
  });

  it('opens to a password as people type it', async () => {
    const { ask, make } = setUp();
    const { text } = await make('ada');
    for (const typed of [text.toUpperCase(), text.replaceAll('-', ''), text.replaceAll('-', ' ')]) {
      expect(outcome(await ask(`countess:${typed}`))).toBe('in');
    }
  });

  it('hashes nothing, and reads the header of a connection once', async () => {
    const { ask, make, counts } = setUp();
    const { text } = await make('ada');
    for (let request = 0; request < 20; request += 1) {
      await ask(`countess:${text}`);
    }
    expect(counts).toMatchObject({ hashed: 0, found: 20 });
  });

  it('is shut by the next request on the same connection after the password is revoked', async () => {
    const { ask, make, store } = setUp();
    const [kept, revoked] = [await make('ada'), await make('ada')];
    expect([outcome(await ask(`countess:${kept.text}`)), outcome(await ask(`countess:${revoked.text}`))]).toEqual([
      'in',
      'in',
    ]);
    await store.remove('ada', revoked.id);
    expect(outcome(await ask(`countess:${revoked.text}`))).toBe('wrong');
    expect(outcome(await ask(`countess:${kept.text}`))).toBe('in');
    await store.removeAll('ada');
    expect(outcome(await ask(`countess:${kept.text}`))).toBe('wrong');
  });

  it('is shut when the password has ended', async () => {
    const { ask, make, clock } = setUp();
    const { text } = await make('ada', { expires: clock.now() + MINUTE });
    clock.advance(MINUTE - 1);
    expect(outcome(await ask(`countess:${text}`))).toBe('in');
    clock.advance(1);
    expect(outcome(await ask(`countess:${text}`))).toBe('wrong');
  });

  it('is shut to people whom no rule lets in any more, and open when one does again', async () => {
    const { ask, make, people } = setUp();
    const { text } = await make('ada');
    const ada = people.all.get('ada')!;
    people.all.delete('ada');
    expect(outcome(await ask(`countess:${text}`))).toBe('wrong');
    people.all.set('ada', ada);
    expect(outcome(await ask(`countess:${text}`))).toBe('in');
  });

  it('cannot tell before the directory has been read', async () => {
    const { ask, make, people, counts } = setUp();
    const { text } = await make('eve');
    people.wait = 7;
    expect(await ask(`eve:${text}`)).toEqual({ refused: 'unknown', retryAfterSeconds: 7 });
    expect(outcome(await ask(`eve:${newDevicePassword('eve').text}`))).toBe('wrong');
    // Whoever is known already gets in.
    expect(outcome(await ask(`bob:${(await make('bob')).text}`))).toBe('in');
    people.wait = undefined;
    expect(outcome(await ask(`eve:${text}`))).toBe('wrong');
    expect(counts.hashed).toBe(2);
  });

  it('narrows the rights to reading and to one folder; the user stays the same object', async () => {
    const { ask, make, people } = setUp();
    const wide = await make('ada');
    const narrow = await make('ada', { readOnly: true, below: ['m', 'folder'] });
    const other = await make('ada', { below: ['m', 'other'] });
    const userOf = async (text: string) => {
      const verdict = await ask(`countess:${text}`);
      return 'user' in verdict! ? verdict.user : undefined;
    };
    const { user } = people.find('ada')!;
    expect(await userOf(wide.text)).toBe(user);
    const limited = await userOf(narrow.text);
    expect(limited).toEqual({ ...user, rights: { ...user.rights, readOnly: true, below: ['m', 'folder'] } });
    expect(await userOf(narrow.text)).toBe(limited);
    expect((await userOf(other.text))!.rights).toEqual({ ...user.rights, below: ['m', 'other'] });
    people.all.set('ada', admitted('ada', { principal: 'countess@contoso.com' }));
    const changed = await userOf(narrow.text);
    expect(changed).not.toBe(limited);
    expect(changed!.rights.rules).toBe(people.find('ada')!.user.rights.rules);
  });

  it('never looks up a text of another form, or one that is mistyped', async () => {
    const { ask, make, counts, audited } = setUp();
    const { text } = await make('ada');
    const mistyped = text.replace(/.$/, last => (last === '0' ? '2' : '0'));
    expect(outcome(await ask(`countess:${mistyped}`))).toBe('wrong');
    expect(outcome(await ask('countess:password'))).toBe('wrong');
    expect(outcome(await ask(`grace:${PASSWORD}`))).toBe('in');
    expect(counts.found).toBe(0);
    expect(audited.map(({ detail }) => detail?.reason)).toEqual(['mistyped', undefined]);
  });
});

describe('the last use of a device password', () => {
  it('is written once a minute, and at once for a new address', async () => {
    const { ask, make, store, counts, clock, audited } = setUp();
    const { text, digest } = await make('ada');
    const started = clock.now();
    for (let request = 0; request < 5; request += 1) {
      await ask(`countess:${text}`, 'home', 'Finder');
      await ask(`countess:${text}`, 'train', 'iPhone');
      clock.advance(10_000);
    }
    expect(counts.written).toBe(2);
    expect((await store.find(digest))?.lastUse).toEqual({ at: started, address: 'train', client: 'iPhone' });
    clock.advance(10_000);
    await ask(`countess:${text}`, 'home', 'x'.repeat(5000));
    const lastUse = (await store.find(digest))?.lastUse;
    expect(lastUse).toMatchObject({ at: started + MINUTE, address: 'home' });
    expect(lastUse?.client).toHaveLength(200);
    expect(counts.written).toBe(3);
    expect(audited.map(({ event, address }) => [event, address])).toEqual([
      ['password-used-from-new-address', 'home'],
      ['password-used-from-new-address', 'train'],
    ]);
    expect(audited[1]).toMatchObject({ user: 'Ada.Lovelace@contoso.com', detail: { device: 'laptop' } });
    expect(JSON.stringify(audited)).not.toContain(text);
  });

  it('that cannot be written shuts nobody out', async () => {
    const { ask, make, counting, counts } = setUp();
    const { text } = await make('ada');
    counting.used = async () => {
      throw new Error('the state is read-only');
    };
    expect(outcome(await ask(`countess:${text}`))).toBe('in');
    expect(counts.warned).toBe(1);
  });
});

describe('guesses at device passwords', () => {
  it('make who guesses wait, by name and address, but never the owner', async () => {
    const { ask, make } = setUp();
    const { text } = await make('ada');
    const guess = (address: string) => ask(`countess:${newDevicePassword('ada').text}`, address);
    for (let each = 0; each < 10; each += 1) {
      expect(outcome(await guess('attacker'))).toBe('wrong');
    }
    expect(await guess('attacker')).toEqual({ refused: 'blocked', retryAfterSeconds: expect.any(Number) });
    // Other kinds of passwords wait as well.
    expect(outcome(await ask('countess:password', 'attacker'))).toBe('blocked');
    expect(outcome(await ask(`countess:${text}`, 'attacker'))).toBe('in');
    expect(outcome(await ask(`countess:${text}`, 'home'))).toBe('in');
    expect(outcome(await guess('elsewhere'))).toBe('wrong');
  });

  it('count by address, whatever the names; people behind that address sign in, and may mistype', async () => {
    const { ask, make, people } = setUp();
    const { text } = await make('bob');
    const outcomes: string[] = [];
    for (let each = 0; each < 300; each += 1) {
      outcomes.push(outcome(await ask(`nobody-${each}:${newDevicePassword('x').text}`, 'office')));
    }
    expect(outcomes.filter(each => each === 'blocked').length).toBeGreaterThan(150);
    expect(outcome(await ask(`bob:${text}`, 'office'))).toBe('in');
    expect(people.named('bob@contoso.com')).toBeDefined();
    expect(outcome(await ask('bob@contoso.com:mistyped', 'office'))).toBe('wrong');
  });

  it('are told to the audit trail when they count, with the attempted name; a stale device is one guess', async () => {
    const { ask, make, store, counts, audited } = setUp();
    const { text, id } = await make('ada');
    await store.remove('ada', id);
    for (let each = 0; each < 30; each += 1) {
      expect(outcome(await ask(`countess:${text}`))).toBe('wrong');
    }
    expect(counts.hashed).toBe(1);
    expect(audited).toEqual([
      {
        event: 'credentials-refused',
        user: 'countess',
        address: 'home',
        detail: { reason: 'unknown or revoked', client: 'rclone/1' },
      },
    ]);
    await Promise.all(Array.from({ length: 20 }, () => ask('countess:one guess, many connections')));
    expect(audited).toHaveLength(2);
    for (let each = 0; each < 100; each += 1) {
      await ask(`countess:${each}`);
    }
    expect(audited).toHaveLength(10);
  });

  it('leave no device password in the audit trail, wherever it was typed', async () => {
    const { ask, make, audited } = setUp();
    const { text } = await make('ada');
    await ask(`${text}:countess`);
    await ask(`${'n'.repeat(5000)}:x`);
    expect(audited[0]?.user).toBe('[a device password]');
    expect(audited[1]?.user).toHaveLength(200);
  });

  it('tell why in the audit trail, and never to the client', async () => {
    const { ask, make, clock, audited } = setUp();
    const expired = await make('ada', { expires: clock.now() });
    const strangers = await make('mallory');
    const bobs = await make('bob');
    const verdicts = [
      await ask(`countess:${expired.text}`),
      await ask(`mallory:${strangers.text}`),
      await ask(`countess:${bobs.text}`),
      await ask('countess:guess'),
    ];
    expect(verdicts).toEqual(verdicts.map(() => ({ refused: 'wrong' })));
    expect(audited.map(({ detail }) => detail?.reason)).toEqual([
      'expired',
      'not admitted',
      'the name of somebody else',
      undefined,
    ]);
  });

  it('300 a second delay nobody: the right password needs no turn', async () => {
    const { ask, make, counts } = setUp();
    const { text } = await make('ada');
    const flood = (from: number) =>
      Array.from({ length: 300 }, (_, each) =>
        ask(
          `user-${from + each}:${newDevicePassword('x').text}`,
          each % 2 === 0 ? 'home' : 'attacker',
          'x',
          {} as never,
        ),
      );
    const before = flood(0);
    const hashedBefore = counts.hashed;
    const right = await Promise.all([ask(`countess:${text}`), ask(`bob:${(await make('bob')).text}`)]);
    expect(right.map(outcome)).toEqual(['in', 'in']);
    // They did not wait for the guesses before them.
    expect(counts.hashed - hashedBefore).toBeLessThan(60);
    const outcomes = (await Promise.all([...before, ...flood(300)])).map(outcome);
    expect(outcomes.every(each => ['wrong', 'blocked', 'busy'].includes(each))).toBe(true);
    expect(counts.hashed).toBeLessThan(300);
  });
});

it('where nobody has a password of the configuration, a wrong one counts but is not hashed', async () => {
  const { clock, counts } = setUp();
  const authenticate = createAuthenticator({
    users: [],
    cacheSeconds: 300,
    clock,
    verify: async () => {
      counts.hashed += 1;
      return true;
    },
  });
  const outcomes: string[] = [];
  for (let each = 0; each < 11; each += 1) {
    outcomes.push(outcome(await authenticate(basic(`countess:${each}`), 'attacker')));
  }
  expect(outcomes).toEqual([...Array.from({ length: 10 }, () => 'wrong'), 'blocked']);
  expect(counts.hashed).toBe(0);
});
