import type { Audit } from '../auth/audit.ts';
import type { Clock } from '../lib/clock.ts';
import type { State } from '../state/state.ts';
import type { ControlActions } from './actions.ts';

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
    breakLocks: async tokens => {
      const all = await locks.discover([], { now: clock.now(), members: true });
      const chosen = all.filter(({ token }) => tokens.includes(token));
      for (const { token, root, user } of chosen) {
        await locks.withdraw(token);
        audit({ event: 'lock-broken', user, address: ADDRESS, detail: { path: `/${root.join('/')}`, token } });
      }
      return chosen.map(({ token }) => token);
    },
    revokePasswords: async ids => {
      const revoked: string[] = [];
      for (const { id, userId, principal, name } of await devicePasswords.list()) {
        if (ids.includes(id) && (await devicePasswords.remove(userId, id))) {
          audit({ event: 'password-revoked', user: principal, address: ADDRESS, detail: { device: name, id } });
          revoked.push(id);
        }
      }
      return revoked;
    },
    signOut: async ({ userId, name }) => {
      const ended = await sessions.removeAll(userId);
      if (ended > 0) {
        audit({ event: 'signed-out', user: name, address: ADDRESS, detail: { sessions: String(ended) } });
      }
      return ended;
    },
  };
}
