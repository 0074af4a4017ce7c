import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settle } from '../../src/emulator/options.ts';

const README = readFileSync(new URL('../../src/emulator/README.md', import.meta.url), 'utf8');

/** Of the table of switches: each option with its default, as it is written there. */
function switches(): Map<string, string> {
  const table = README.slice(README.indexOf('## Switches'), README.indexOf('## Known differences'));
  const rows = [...table.matchAll(/^\| `([\w.]+)` +\| (.+?) +\|/gm)];
  return new Map(rows.map(([, name, given]) => [name!, given!]));
}

it('the README lists every switch with its default, and no other', () => {
  const { strict, ...settings } = settle({});
  const inStrict = Object.entries(strict).map(([name, value]) => [`strict.${name}`, value] as const);
  const options = [...Object.entries(settings), ...inStrict];
  const listed = switches();
  expect([...listed.keys()].sort()).toEqual(['dataDir', ...options.map(([name]) => name)].sort());
  // What is no plain value is said in words.
  const plain = options.filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  expect(plain.map(([name]) => [name, listed.get(name)])).toEqual(
    plain.map(([name, value]) => [name, `\`${String(value)}\``]),
  );
});

it('the README gives every rule its evidence', () => {
  const rules = README.slice(README.indexOf('## What is modelled'), README.indexOf('## Strict mode'));
  const rows = rules.split('\n').filter(line => line.startsWith('| ') && !/^\| (rule|-)/.test(line));
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter(row => !/`(\[(DOC|OBS|BG|OPEN)\])+`/.test(row))).toEqual([]);
});
