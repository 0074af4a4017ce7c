import { describe, expect, it } from 'vitest';
import { shares } from '../../src/config/shares-schema.ts';
import { compileShareRules, endOf, mostDownloads, type Sharer, stateOf } from '../../src/shares/share-rules.ts';
import { makeToken, readToken } from '../../src/shares/token.ts';
import { NOW, newShare, stored } from '../contracts/share-store.ts';

const DAY_MS = 24 * 60 * 60_000;
const rules = (given: object = {}) => compileShareRules(shares.parse(given));
const ada: Sharer = { name: 'ada@contoso.com', rights: { owner: 'a' } };
const mine = { name: 'Ada', owner: 'a' };
const team = { name: 'Team files' };

describe('who may share what', () => {
  it.each<[object, Sharer, { name: string; owner?: string }, boolean]>([
    [{}, ada, team, true],
    [{}, { ...ada, shares: false }, team, false],
    [{ users: ['ADA@contoso.com'] }, ada, team, true],
    [{ users: ['*@contoso.com'] }, ada, team, true],
    [{ users: ['*@fabrikam.com', 'ada'] }, ada, team, false],
    [{ mounts: ['team FILES'] }, ada, team, true],
    [{ mounts: ['team*'] }, ada, mine, false],
    [{ mounts: ['own'] }, ada, mine, true],
    [{ mounts: ['own'] }, ada, team, false],
    [{ mounts: ['own'] }, { ...ada, rights: { owner: 'b' } }, mine, false],
    [{ mounts: ['own'] }, { ...ada, rights: {} }, team, false],
  ])('%o: %o, %o: %s', (given, sharer, mount, expected) => {
    expect(rules(given).allows(sharer, mount)).toBe(expected);
  });
});

describe('what the configuration says now counts for shares that exist', () => {
  const share = stored(newShare('a', { created: NOW, expires: NOW + 20 * DAY_MS, maxDownloads: 9 }), { downloads: 5 });

  it('ends them earlier, and never later', () => {
    expect(endOf(share, rules({ maxDays: 3 }))).toBe(NOW + 3 * DAY_MS);
    expect(endOf(share, rules({ maxDays: 300 }))).toBe(share.expires);
    expect(stateOf(share, rules({ maxDays: 3 }), NOW + 3 * DAY_MS)).toBe('ended');
  });

  it('lowers the limit of downloads, and never raises it', () => {
    expect([mostDownloads(share, rules()), mostDownloads(share, rules({ maxDownloads: 4 }))]).toEqual([9, 4]);
    expect(mostDownloads(share, rules({ maxDownloads: 99 }))).toBe(9);
    expect(mostDownloads({ ...share, maxDownloads: undefined }, rules())).toBeUndefined();
    expect(mostDownloads({ ...share, kind: 'upload' }, rules({ maxDownloads: 4 }))).toBeUndefined();
    expect(stateOf(share, rules({ maxDownloads: 5 }), NOW)).toBe('exhausted');
    expect(stateOf(share, rules(), NOW)).toBe('open');
  });

  it('a revoked share is revoked, whatever else it is', () => {
    expect(stateOf({ ...share, revoked: NOW }, rules(), NOW + 99 * DAY_MS)).toBe('revoked');
  });
});

it('a token has 28 characters of 32, is another one each time, and is read exactly as it was made', () => {
  const made = Array.from({ length: 200 }, makeToken);
  expect(new Set(made.map(({ token }) => token)).size).toBe(200);
  for (const { token, digest } of made) {
    expect(token).toMatch(/^[0-9a-hjkmnp-tv-z]{28}$/);
    expect(readToken(token)).toBe(digest);
  }
  const { token } = made[0]!;
  for (const other of [
    '',
    '-',
    `${token}0`,
    token.slice(1),
    `${token.slice(1)}u`,
    token.toUpperCase().replace(/^\d+$/, 'A'),
  ]) {
    expect(readToken(other)).toBeUndefined();
  }
});
