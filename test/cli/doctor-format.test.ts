import { describe, expect, it } from 'vitest';
import { renderFinding, renderJson, renderSkipped, renderSummary, type Style } from '../../src/cli/doctor-format.ts';
import type { Check, Finding } from '../../src/doctor/check.ts';

const PLAIN: Style = { width: undefined, hasColour: false };
const check = (name: string, rest: Partial<Check> = {}): Check => ({ name, ...rest, run: async () => [] });
const result = (name: string, finding: Finding, skippedBecause?: Check, rest: Partial<Check> = {}) => ({
  check: check(name, rest),
  findings: [finding],
  skippedBecause,
});

const FAILURE: Finding = {
  level: 'failure',
  saw: 'the cat sat on the mat and would not move',
  means: 'nobody can pass through the door',
  cure: 'offer the cat some fish and wait for a moment',
  link: 'https://cats.example/a/very/long/path/that/is/never/broken',
};

describe('renderFinding', () => {
  it('states the observation, its meaning, the remedy and the link', () => {
    expect(renderFinding('door', FAILURE, PLAIN).split('\n')).toEqual([
      '✗ door: the cat sat on the mat and would not move',
      '    means: nobody can pass through the door',
      '    to do: offer the cat some fish and wait for a moment',
      '    see:   https://cats.example/a/very/long/path/that/is/never/broken',
    ]);
  });

  it('breaks lines between words at the given width, and never a URL', () => {
    expect(renderFinding('door', FAILURE, { width: 30, hasColour: false }).split('\n')).toEqual([
      '✗ door: the cat sat on the mat',
      '    and would not move',
      '    means: nobody can pass',
      '           through the door',
      '    to do: offer the cat some',
      '           fish and wait for a',
      '           moment',
      '    see:   https://cats.example/a/very/long/path/that/is/never/broken',
    ]);
  });

  it.each([
    ['ok', '\u001b[32m✓\u001b[0m x: y'],
    ['warning', '\u001b[33m!\u001b[0m x: y'],
    ['failure', '\u001b[31m✗\u001b[0m x: y'],
    ['skipped', '\u001b[2m–\u001b[0m x: y'],
  ] as const)('colours the sign of %s', (level, text) => {
    expect(renderFinding('x', { level, saw: 'y' }, { width: undefined, hasColour: true })).toBe(text);
  });

  it('lets nothing from outside move the cursor, and shows no secret', () => {
    const saw = 'owner \u001b[2J\u202eX, token eyJhbGciOiJub25lIn0.eyJ4IjoxfQ.c2ln';
    expect(renderFinding('x', { level: 'ok', saw }, PLAIN)).toBe('✓ x: owner \ufffd[2J\ufffdX, token [redacted token]');
    expect(renderJson([result('x', { level: 'ok', saw })])).not.toContain('c2ln');
  });
});

it('renderSkipped tells of all that had the same cause in one line', () => {
  const cause = check('credential', { tenant: 'contoso' });
  const skipped: Finding = { level: 'skipped', saw: 'skipped' };
  const results = [result('permissions', skipped, cause), result('drive', skipped, cause, { mount: 'ada' })];
  expect(renderSkipped(results, PLAIN)).toBe(
    '– skipped: permissions, drive /ada: because "credential (contoso)" failed',
  );
});

it('renderSummary counts findings', () => {
  const warning: Finding = { level: 'warning', saw: 'x' };
  expect(renderSummary([result('a', FAILURE), result('b', warning), result('c', warning)])).toBe(
    '3 checks: 1 failure, 2 warnings',
  );
  expect(renderSummary([result('a', { level: 'ok', saw: 'x' })])).toBe('1 check: no failures');
});
