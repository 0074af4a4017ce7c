import { expect, it } from 'vitest';
import { describeSessionStore, session } from '../contracts/session-store.ts';
import { ENGINES } from '../support/state-engines.ts';
import { withRestarts } from './sqlite/temp-state.ts';

for (const engine of ENGINES) {
  describeSessionStore(engine);
}

it('sessions survive a restart', () =>
  withRestarts(
    ({ sessions }) => sessions.add(session('a')),
    async ({ sessions }) => expect(await sessions.find('a', 0)).toEqual(session('a')),
  ));
