import { describe, expect, it } from 'vitest';
import { PENDING_MS, PendingSignIns } from '../../src/account/pending-sign-ins.ts';
import { NOTE_KINDS } from '../../src/state/note-store.ts';
import { createMemoryNoteStore } from '../../src/state/sqlite/note-store.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { withServers } from '../support/postgres-servers.ts';

function pendingOf(state: string, { address = '1.1.1.1', browser = 'b' } = {}) {
  const checks = { state, nonce: 'n', verifier: 'v' };
  return { checks, redirectUri: 'https://files.example/-/account/callback', returnTo: '', browser, address };
}

describe('the sign-ins under way', () => {
  it('are taken once, by their own browser, within ten minutes', async () => {
    const clock = fakeClock();
    const pending = new PendingSignIns(createMemoryNoteStore(), clock);
    await pending.add(pendingOf('one'));
    await pending.add(pendingOf('two'));
    expect(await pending.take('one', 'other')).toBe('foreign');
    expect(await pending.take('one', undefined)).toBe('foreign');
    expect(await pending.take('one', 'b')).toEqual(pendingOf('one'));
    expect(await pending.take('one', 'b')).toBe('unknown');
    expect([await pending.hasBrowser('b'), await pending.hasBrowser('other')]).toEqual([true, false]);
    clock.advance(PENDING_MS);
    expect([await pending.take('two', 'b'), await pending.hasBrowser('b')]).toEqual(['unknown', false]);
  });

  it('of a flood from one address push out each other, and nobody else’s', async () => {
    const pending = new PendingSignIns(createMemoryNoteStore(), fakeClock());
    await pending.add(pendingOf('mine', { address: '2.2.2.2' }));
    const { max } = NOTE_KINDS['sign-in'];
    for (let index = 0; index < max + 100; index += 1) {
      await pending.add(pendingOf(`flood ${index}`, { browser: `${index}` }));
    }
    expect(await pending.take('mine', 'b')).toMatchObject({ address: '2.2.2.2' });
    expect([await pending.take('flood 100', '100'), await pending.take('flood 101', '101')]).toEqual([
      'unknown',
      expect.objectContaining({ address: '1.1.1.1' }),
    ]);
  });

  it('keep the longest address of a page to which they go on, as a browser writes it', async () => {
    const pending = new PendingSignIns(createMemoryNoteStore(), fakeClock());
    const long = { ...pendingOf('one'), returnTo: `/${encodeURIComponent('\u{2014}'.repeat(999))}` };
    await pending.add(long);
    expect(await pending.take('one', 'b')).toEqual(long);
  });
});

describeWith(POSTGRES, 'a sign-in under way', () => {
  it('goes on at any server, and is taken once by all of them together', () =>
    withServers(2, async servers => {
      const clock = fakeClock();
      const [a, b] = servers.map(({ notes }) => new PendingSignIns(notes, clock));
      for (let round = 0; round < 5; round += 1) {
        const [state, browser] = [`state ${round}`, `browser ${round}`];
        const begun = pendingOf(state, { browser });
        await a!.add(begun);
        expect([await b!.hasBrowser(browser), await b!.take(state, 'other')]).toEqual([true, 'foreign']);
        const taken = await Promise.all([a!, b!].map(each => each.take(state, browser)));
        expect(taken.filter(each => each !== 'unknown')).toEqual([begun]);
      }
    }));
});
