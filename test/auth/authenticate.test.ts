import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../src/auth/authenticate.ts';
import { hashPassword, parsePasswordHash, verifyPassword } from '../../src/auth/passwords.ts';
import { rightsTo } from '../../src/mounts/rights.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

function authenticator(cacheSeconds = 300) {
  const clock = fakeClock();
  const verified: string[] = [];
  const authenticate = createAuthenticator({
    users: [{ name: 'Ada', passwordHash: PASSWORD_HASH, rights: rightsTo('*', 'write') }],
    cacheSeconds,
    clock,
    verify: (password, hash) => {
      verified.push(password);
      return verifyPassword(password, hash);
    },
  });
  return { authenticate, verified, clock };
}

describe('createAuthenticator', () => {
  it('hashes a right password once, and again when the cache has expired', async () => {
    const { authenticate, verified, clock } = authenticator();
    const right = basic(`ada:${PASSWORD}`);
    const verdicts = await Promise.all([authenticate(right, 'a'), authenticate(right, 'b'), authenticate(right, 'c')]);
    expect(verdicts).toEqual(
      Array.from({ length: 3 }, () => ({ user: { name: 'Ada', rights: rightsTo('*', 'write') } })),
    );
    expect(verified).toHaveLength(1);
    clock.advance(301_000);
    await authenticate(right, 'a');
    expect(verified).toHaveLength(2);
  });

  it('accepts only the remembered name and password as right', async () => {
    const { authenticate } = authenticator();
    await authenticate(basic(`ada:${PASSWORD}`), 'a');
    for (const other of [`ada:${PASSWORD}x`, `ad:a${PASSWORD}`, `bob:${PASSWORD}`, `ada:x${PASSWORD}`]) {
      expect(await authenticate(basic(other), 'a')).toEqual({ refused: 'wrong' });
    }
  });

  it('costs the same for a wrong password and an unknown user', async () => {
    const { authenticate, verified } = authenticator();
    expect(await authenticate(basic('ada:wrong'), 'a')).toEqual({ refused: 'wrong' });
    expect(verified).toHaveLength(1);
    expect(await authenticate(basic('nobody:wrong'), 'a')).toEqual({ refused: 'wrong' });
    expect(verified).toHaveLength(2);
  });

  it('makes who guesses on wait, by address and name, and nobody else', async () => {
    const { authenticate, clock } = authenticator();
    for (let guess = 0; guess < 10; guess += 1) {
      expect(await authenticate(basic(`ada:${guess}`), 'attacker')).toEqual({ refused: 'wrong' });
    }
    const blocked = await authenticate(basic(`ada:${PASSWORD}`), 'attacker');
    expect(blocked).toEqual({ refused: 'blocked', retryAfterSeconds: expect.any(Number) });
    expect(await authenticate(basic(`ada:${PASSWORD}`), 'elsewhere')).toHaveProperty('user');
    clock.advance(10 * 60_000);
    expect(await authenticate(basic('ada:wrong again'), 'attacker')).toEqual({ refused: 'wrong' });
  });

  it('does not count requests without credentials', async () => {
    const { authenticate, verified } = authenticator();
    for (let request = 0; request < 50; request += 1) {
      expect(await authenticate(undefined, 'a')).toEqual({ refused: 'missing' });
    }
    expect(verified).toEqual([]);
  });
});

describe('hashPassword', () => {
  it('makes a hash that its password has and no other, salted', async () => {
    const [one, two] = [await hashPassword('p'), await hashPassword('p')];
    expect(one).not.toBe(two);
    expect(await verifyPassword('p', parsePasswordHash(one)!)).toBe(true);
    expect(await verifyPassword('P', parsePasswordHash(one)!)).toBe(false);
  });
});
