import type { Audit } from '../auth/audit.ts';
import type { Clock } from '../lib/clock.ts';
import type { State } from '../state/state.ts';
import type { Actor, ControlActions } from './actions.ts';

export interface StateActionsParts extends Pick<State, 'locks' | 'devicePasswords' | 'sessions'> {
  readonly audit: Audit;
  readonly clock: Clock;
}

/** In the audit trail, instead of a client's address. */
const ADDRESS = 'command';

/** The actions that change the state: each change leaves a line in the audit trail, like one made by a person. */
export function createStateActions({
  locks,
  devicePasswords,
  sessions,
  audit,
  clock,
}: StateActionsParts): Pick<ControlActions, 'breakLocks' | 'revokePasswords' | 'signOut'> {
  return {
    breakLocks: async (tokens, actor) => {
      const all = await locks.discover([], { now: clock.now(), members: true });
      const chosen = all.filter(({ token }) => tokens.includes(token));
      for (const { token, root, user } of chosen) {
        await locks.withdraw(token);
        audit({ event: 'lock-broken', user, ...by(actor, { path: `/${root.join('/')}`, token }) });
      }
      return chosen.map(({ token }) => token);
    },
    revokePasswords: async (ids, actor) => {
      const revoked: string[] = [];
      for (const { id, userId, principal, name } of await devicePasswords.list()) {
        if (ids.includes(id) && (await devicePasswords.remove(userId, id))) {
          audit({ event: 'password-revoked', user: principal, ...by(actor, { device: name, id }) });
          revoked.push(id);
        }
      }
      return revoked;
    },
    signOut: async ({ userId, name }, actor) => {
      const ended = await sessions.removeAll(userId);
      if (ended > 0) {
        audit({ event: 'signed-out', user: name, ...by(actor, { sessions: String(ended) }) });
      }
      return ended;
    },
  };
}

function by(actor: Actor | undefined, detail: Readonly<Record<string, string>>) {
  return actor === undefined
    ? { address: ADDRESS, detail }
    : { address: actor.address, detail: { ...detail, by: actor.user } };
}
