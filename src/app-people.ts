import type { Config, TenantConfig } from './config/load.ts';
import type { MountOwners } from './discovery/mount-owners.ts';
import type { Tenants } from './graph/connect.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { PeopleRule } from './people/people-rule.ts';
import { PeopleWatch } from './people/people-watch.ts';
import { type ServedPeople, servePeople } from './people/served-people.ts';
import type { State } from './state/state.ts';

export interface PeopleParts {
  readonly tenants: Tenants;
  readonly state: Pick<State, 'people'>;
  readonly owners: MountOwners;
  /** Called when the owner of a mount has become known. */
  readonly onOwners: () => void;
  readonly log: Log;
  readonly clock: Clock;
}

/** Creates the people whom the rules let in. Makes no calls before `start`. */
export async function createPeople(config: Config, parts: PeopleParts): Promise<ServedPeople> {
  const watches: PeopleWatch[] = [];
  const people = servePeople(watches);
  for (const { tenant, tenantId, rules } of tenantsWithRules(config)) {
    watches.push(await openWatch({ tenant, tenantId, rules, people, intervalMs: intervalOf(config) }, parts));
  }
  return people;
}

interface Rules {
  readonly tenant: TenantConfig;
  /** In lower case; a tenant may be configured twice, with two applications, and each has its own people. */
  readonly tenantId: string;
  readonly rules: readonly PeopleRule[];
}

function tenantsWithRules(config: Config): Rules[] {
  const seen = new Set<string>();
  return config.tenants.flatMap(tenant => {
    const rules = config.people.filter(rule => rule.tenant === tenant.name);
    if (rules.length === 0) {
      return [];
    }
    const id = tenant.tenantId.toLowerCase();
    const tenantId = seen.has(id) ? `${id} ${tenant.name}` : id;
    seen.add(id);
    return [{ tenant, tenantId, rules }];
  });
}

function openWatch(
  { tenant, tenantId, rules, people, intervalMs }: Rules & { people: ServedPeople; intervalMs: number },
  { tenants, state, owners, onOwners, log, clock }: PeopleParts,
): Promise<PeopleWatch> {
  return PeopleWatch.open({
    call: tenants.graphOf(tenant.name).call,
    tenantId,
    clientId: tenant.credential.clientId,
    rules,
    store: state.people,
    intervalMs,
    clock,
    log: log.child({ tenant: tenant.name }),
    onLook: async found => {
      if (await owners.learn(tenant.name, found)) {
        onOwners();
      }
    },
    onChange: () => people.changed(),
  });
}

function intervalOf({ discovery }: Config): number {
  return discovery.intervalMinutes * 60_000;
}
