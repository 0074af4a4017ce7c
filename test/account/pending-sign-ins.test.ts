import { describe, expect, it } from 'vitest';
import { PENDING_MS, PendingSignIns } from '../../src/account/pending-sign-ins.ts';
import { fakeClock } from '../support/fake-clock.ts';

function pendingOf(state: string, { address = '1.1.1.1', browser = 'b' } = {}) {
  const checks = { state, nonce: 'n', verifier: 'v' };
  return { checks, redirectUri: 'https://files.example/-/account/callback', returnTo: '', browser, address };
}

describe('the sign-ins under way', () => {
  it('are taken once, by their own browser, within ten minutes', () => {
    const clock = fakeClock();
    const pending = new PendingSignIns(clock);
    pending.add(pendingOf('one'));
    pending.add(pendingOf('two'));
    expect(pending.take('one', 'other')).toBe('foreign');
    expect(pending.take('one', undefined)).toBe('foreign');
    expect(pending.take('one', 'b')).toMatchObject({ checks: { state: 'one' } });
    expect(pending.take('one', 'b')).toBe('unknown');
    clock.advance(PENDING_MS);
    expect([pending.take('two', 'b'), pending.hasBrowser('b')]).toEqual(['unknown', false]);
  });

  it('of a flood from one address push out each other, and nobody else’s', () => {
    const pending = new PendingSignIns(fakeClock(), 5);
    pending.add(pendingOf('mine', { address: '2.2.2.2' }));
    for (let index = 0; index < 100; index += 1) {
      pending.add(pendingOf(`flood ${index}`));
    }
    expect(pending.take('mine', 'b')).toMatchObject({ address: '2.2.2.2' });
    expect([pending.take('flood 95', 'b'), pending.take('flood 96', 'b')]).toEqual([
      'unknown',
      expect.objectContaining({ address: '1.1.1.1' }),
    ]);
  });

  it('make room again when they are taken or have ended', () => {
    const clock = fakeClock();
    const pending = new PendingSignIns(clock, 2);
    pending.add(pendingOf('a'));
    pending.add(pendingOf('b', { address: '2.2.2.2' }));
    pending.take('a', 'b');
    pending.add(pendingOf('c', { address: '3.3.3.3' }));
    expect(pending.take('b', 'b')).toMatchObject({ address: '2.2.2.2' });
    clock.advance(PENDING_MS);
    pending.add(pendingOf('d'));
    pending.add(pendingOf('e'));
    expect([pending.take('d', 'b'), pending.take('e', 'b')]).toEqual([expect.any(Object), expect.any(Object)]);
  });
});
