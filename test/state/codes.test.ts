import { describe, expect, it } from 'vitest';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { withServers } from '../support/postgres-servers.ts';
import { ENGINES, withEngine } from '../support/state-engines.ts';
import { withRestarts } from './sqlite/temp-state.ts';

describe.each(ENGINES)('codes of $name', engine => {
  it('are of one text, one purpose and one state', () =>
    withEngine(engine, async ({ codeOf }) => {
      const code = codeOf('a', 'text');
      expect(code).toMatch(/^[\w-]{43}$/);
      expect(codeOf('a', 'text')).toBe(code);
      const others = [codeOf('b', 'text'), codeOf('a', 'texts'), codeOf('a\0text', ''), codeOf('', 'a\0text')];
      expect(others).not.toContain(code);
      if (engine.name !== 'PostgreSQL') {
        await withEngine(engine, async other => expect(other.codeOf('a', 'text')).not.toBe(code));
      }
    }));
});

it('codes stay the same after a restart', () => {
  let code: string | undefined;
  return withRestarts(
    async ({ codeOf }) => {
      code = codeOf('a', 'text');
    },
    async ({ codeOf }) => expect(codeOf('a', 'text')).toBe(code),
  );
});

describeWith(POSTGRES, 'servers with one state', () => {
  it('make the same codes', () =>
    withServers(2, async ([a, b]) => expect(a!.codeOf('a', 'text')).toBe(b!.codeOf('a', 'text'))));
});
