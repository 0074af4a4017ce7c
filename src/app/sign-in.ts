import type { AccountPages } from '../account/account-pages.ts';
import type { Audit } from '../auth/audit.ts';
import type { Config } from '../config/load.ts';
import type { Transport } from '../graph/transport.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import type { People } from '../people/people.ts';
import type { State } from '../state/state.ts';
import type { OuterDoors } from './outer-doors.ts';
import type { ServedTenants } from './tenants.ts';

interface OutwardParts {
  readonly transport: Transport;
  readonly keep: Keep;
  readonly clock: Clock;
  readonly log: Log;
}

/** Loads what is for tokens only where they are accepted: a server without them saves some megabytes. */
export async function openOuterDoors(config: Config, parts: OutwardParts): Promise<OuterDoors | undefined> {
  if (config.auth.bearer === null && config.auth.proxy === null) {
    return undefined;
  }
  const { createIssuers, outerDoorsOf } = await import('./outer-doors.ts');
  const { auth, signIn, tenants, people } = config;
  const key = [auth.bearer, auth.proxy, signIn, tenants, people.map(rule => rule.tenant)];
  // They remember the keys of the issuers.
  const issuers = parts.keep.use('issuers', key, () => createIssuers(config, parts));
  return outerDoorsOf(config, issuers);
}

/** Loads the account pages only where people may sign in. */
export async function openPages(
  config: Config,
  parts: OutwardParts & {
    readonly people: People;
    readonly state: State;
    readonly audit: Audit;
    readonly credentialsOf: ServedTenants['credentialsOf'];
  },
): Promise<AccountPages | undefined> {
  return config.people.length === 0 ? undefined : (await import('./account.ts')).createPages(config, parts);
}
