import type { Config, TenantConfig } from '../config/load.ts';
import type { MountOwners } from '../discovery/mount-owners.ts';
import type { Tenants } from '../graph/connect.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { PeopleRule } from '../people/people-rule.ts';
import { PeopleWatch } from '../people/people-watch.ts';
import { type ServedPeople, servePeople } from '../people/served-people.ts';
import type { State } from '../state/state.ts';

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
  let people: ServedPeople | undefined;
  const onChange = () => people?.changed();
  for (const rules of tenantsWithRules(config)) {
    watches.push(await openWatch({ ...rules, onChange, intervalMs: intervalOf(config) }, parts));
  }
  people = servePeople(watches);
  return people;
}

interface Rules {
  readonly tenant: TenantConfig;
  /** In lower case. */
  readonly tenantId: string;
  /** A tenant may be configured twice, with two applications, and each has its own rules. */
  readonly storeKey: string;
  readonly rules: readonly PeopleRule[];
}

function tenantsWithRules(config: Config): Rules[] {
  const seen = new Set<string>();
  return config.tenants.flatMap(tenant => {
    const rules = config.people.filter(rule => rule.tenant === tenant.name);
    if (rules.length === 0) {
      return [];
    }
    const tenantId = tenant.tenantId.toLowerCase();
    const storeKey = seen.has(tenantId) ? `${tenantId} ${tenant.name}` : tenantId;
    seen.add(tenantId);
    return [{ tenant, tenantId, storeKey, rules }];
  });
}

function openWatch(
  { tenant, onChange, ...rules }: Rules & { readonly onChange: () => void; readonly intervalMs: number },
  { tenants, state, owners, onOwners, log, clock }: PeopleParts,
): Promise<PeopleWatch> {
  const { call, tokens } = tenants.graphOf(tenant.name);
  return PeopleWatch.open({
    ...rules,
    call,
    clientId: tenant.credential.clientId,
    addresses: owners.addressesOf(tenant.name),
    store: state.people,
    clock,
    log: log.child({ tenant: tenant.name }),
    forgetToken: () => tokens.forget(),
    onLook: async (found, signal) => {
      if (await owners.learn({ tenant: tenant.name, call }, found, signal)) {
        onOwners();
      }
    },
    onChange,
  });
}

function intervalOf({ discovery }: Config): number {
  return discovery.intervalMinutes * 60_000;
}
