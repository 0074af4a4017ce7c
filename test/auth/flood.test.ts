import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AuthenticatorOptions, createAuthenticator } from '../../src/auth/authenticate.ts';
import type { Verdict } from '../../src/auth/door.ts';
import { createBasicDoor, createIdentify } from '../../src/auth/doors.ts';
import { verifyPassword } from '../../src/auth/passwords.ts';
import { rightsTo } from '../../src/mounts/rights.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

const basicOf = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const outcome = (verdict: Verdict) => ('user' in verdict ? 'in' : verdict.refused);

/** An authenticator whose checks end at the next turn, and what it has checked. */
function authenticator(options: { cacheSeconds?: number } = {}) {
  const clock = fakeClock();
  const checked: string[] = [];
  const authenticate = createAuthenticator({
    users: ['ada', 'grace'].map(name => ({ name, passwordHash: PASSWORD_HASH, rights: rightsTo('*', 'write') })),
    cacheSeconds: options.cacheSeconds ?? 300,
    clock,
    verify: async password => {
      checked.push(password);
      await new Promise(resolve => setImmediate(resolve));
      return password === PASSWORD;
    },
  });
  return { authenticate, checked, clock };
}

describe('D14 nobody is shut out by guesses', () => {
  it('the right password gets in among 300 guesses with random names from the same address', async () => {
    const { authenticate, checked } = authenticator();
    const guess = () => authenticate(basicOf(`${randomUUID()}:x`), 'same');
    const before = Array.from({ length: 300 }, guess);
    const right = authenticate(basicOf(`ada:${PASSWORD}`), 'same');
    const after = Array.from({ length: 300 }, guess);
    expect(outcome(await right)).toBe('in');
    const outcomes = (await Promise.all([...before, ...after])).map(outcome);
    expect(outcomes.every(each => ['wrong', 'blocked', 'busy'].includes(each))).toBe(true);
    // Most of a flood costs nothing: the address has had its guesses.
    expect(checked.length).toBeLessThan(200);
    expect(checked.indexOf(PASSWORD)).toBeLessThan(60);
  });

  it('the right password gets in under 300 guesses a second that do not end', async () => {
    const { authenticate, checked, clock } = authenticator();
    const guesses: Promise<Verdict>[] = [];
    for (let second = 0; second < 20; second += 1) {
      for (let guess = 0; guess < 300; guess += 1) {
        guesses.push(authenticate(basicOf(`${randomUUID()}:${randomUUID()}`), 'same'));
      }
      clock.advance(1_000);
    }
    const before = checked.length;
    const right = [`ada:${PASSWORD}`, `grace:${PASSWORD}`].map(text => authenticate(basicOf(text), 'same'));
    guesses.push(...Array.from({ length: 300 }, () => authenticate(basicOf(`${randomUUID()}:x`), 'same')));
    expect((await Promise.all(right)).map(outcome)).toEqual(['in', 'in']);
    // Few guesses were looked at before them.
    expect(checked.lastIndexOf(PASSWORD) - before).toBeLessThan(60);
    const outcomes = (await Promise.all(guesses)).map(outcome);
    expect(outcomes.filter(each => !['wrong', 'blocked', 'busy'].includes(each))).toEqual([]);
  });

  it('the right password gets in while its name is guessed from 150 other addresses', async () => {
    const { authenticate } = authenticator();
    const guesses = Array.from({ length: 150 }, (_, guess) =>
      authenticate(basicOf(`ada:${guess}`), `address ${guess}`),
    );
    expect(outcome(await authenticate(basicOf(`ada:${PASSWORD}`), 'home'))).toBe('in');
    await Promise.all(guesses);
  });

  it('guesses count by address, whatever the names', async () => {
    const { authenticate, checked } = authenticator();
    for (let guess = 0; guess < 200; guess += 1) {
      await authenticate(basicOf(`${randomUUID()}:x`), 'attacker');
    }
    const refused = await authenticate(basicOf(`${randomUUID()}:x`), 'attacker');
    const isDecoy = outcome(refused) === 'wrong';
    expect(isDecoy || outcome(refused) === 'blocked').toBe(true);
    expect(checked.length).toBeLessThan(100);
    expect(outcome(await authenticate(basicOf(`${randomUUID()}:x`), 'somebody else'))).toBe('wrong');
  });

  it('a stale device, which sends one old password all day, is one guess, and the right one gets in beside it', async () => {
    const { authenticate, checked, clock } = authenticator();
    for (let request = 0; request < 500; request += 1) {
      expect(outcome(await authenticate(basicOf('ada:old'), 'home'))).toBe('wrong');
      clock.advance(5_000);
    }
    expect(outcome(await authenticate(basicOf(`ada:${PASSWORD}`), 'home'))).toBe('in');
    expect(checked.length).toBeLessThan(5);
  });

  it('a password that was right does not count as a guess when it must be hashed again', async () => {
    const { authenticate, clock } = authenticator({ cacheSeconds: 60 });
    expect(outcome(await authenticate(basicOf(`ada:${PASSWORD}`), 'home'))).toBe('in');
    for (let guess = 0; guess < 20; guess += 1) {
      await authenticate(basicOf(`ada:${guess}`), 'home');
    }
    clock.advance(61_000);
    for (let guess = 0; guess < 20; guess += 1) {
      await authenticate(basicOf(`ada:more ${guess}`), 'home');
    }
    expect(outcome(await authenticate(basicOf('ada:another'), 'home'))).toBe('blocked');
    expect(outcome(await authenticate(basicOf(`ada:${PASSWORD}`), 'home'))).toBe('in');
  });

  it('a request beyond the limit is not a wrong guess: it gets Retry-After, and may come back', async () => {
    const { authenticate } = authenticator();
    const addresses = Array.from({ length: 600 }, (_, index) => `address ${index}`);
    const verdicts = await Promise.all(addresses.map(address => authenticate(basicOf('ada:x'), address)));
    // One guess is under way for all of them.
    expect(verdicts.map(outcome).every(each => each === 'wrong')).toBe(true);
    const many = await Promise.all(addresses.map((address, index) => authenticate(basicOf(`ada:${index}`), address)));
    const busy = many.filter(verdict => outcome(verdict) === 'busy');
    expect(busy.length).toBeGreaterThan(0);
    expect(busy[0]).toEqual({ refused: 'busy', retryAfterSeconds: expect.any(Number) });
    expect(outcome(await authenticate(basicOf(`ada:${PASSWORD}`), addresses.at(-1)!))).toBe('in');
  });

  it('answers 250 sign-ins at once with 401, 429 or 503 and Retry-After, and never with 500', async () => {
    const door = await startFrontDoor({ pipeline: { identify: slowIdentify({ verify: verifyPassword }) } });
    const ask = (user: string, password: string) =>
      rawRequest(door.url, compose('PROPFIND /m/', { ...basic(user, password), Depth: '0' }));
    const all = Array.from({ length: 250 }, (_, index) => ask(`user${index}`, 'x'));
    const right = ask(door.user, door.password);
    const answers = await Promise.all(all);
    expect(answers.every(({ status }) => [401, 429, 503].includes(status))).toBe(true);
    expect(answers.filter(({ status }) => status !== 401).every(({ headers }) => 'retry-after' in headers)).toBe(true);
    expect((await right).status).toBe(207);
    await door.stop();
  });

  it('checks real passwords in threads of its own', async () => {
    const door = await startFrontDoor({ pipeline: { identify: slowIdentify() } });
    const ask = (password: string) =>
      rawRequest(door.url, compose('PROPFIND /m/', { ...basic(door.user, password), Depth: '0' }));
    const answers = await Promise.all([ask(door.password), ask('wrong'), ask(`${door.password}x`)]);
    expect(answers.map(({ status }) => status)).toEqual([207, 401, 401]);
    await door.stop();
  });
});

function slowIdentify(options: Pick<AuthenticatorOptions, 'verify'> = {}) {
  return createIdentify([{ kind: 'basic', ask: createBasicDoor(slowAuthenticator(options)) }]);
}

/** Over a hash of the cost that a configuration must have. */
function slowAuthenticator(options: Pick<AuthenticatorOptions, 'verify'> = {}) {
  return createAuthenticator({
    users: [{ name: 'user', passwordHash: PASSWORD_HASH, rights: rightsTo('*', 'write') }],
    cacheSeconds: 300,
    clock: fakeClock(),
    ...options,
  });
}
