import type { Config, TenantConfig } from '../config/load.ts';
import type { MountOwners } from '../discovery/mount-owners.ts';
import type { Tenants } from '../graph/connect.ts';
import type { Graph } from '../graph/graph.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import type { PeopleRule } from '../people/people-rule.ts';
import { type PeopleListeners, PeopleWatch, type PeopleWatchOptions } from '../people/people-watch.ts';
import { type ServedPeople, servePeople } from '../people/served-people.ts';
import type { State } from '../state/state.ts';

export interface PeopleParts {
  readonly tenants: Tenants;
  readonly state: Pick<State, 'people' | 'peers'>;
  readonly owners: MountOwners;
  /** Called when the owner of a mount has become known. */
  readonly onOwners: () => void;
  /** Receives the outcome of each look into a directory. */
  readonly onLook: (tenant: string, outcome: { readonly failed: boolean }) => void;
  readonly keep: Keep;
  readonly log: Log;
  readonly clock: Clock;
}

/** Creates the people whom the rules let in. Makes no calls before `start`. */
export async function createPeople(config: Config, parts: PeopleParts): Promise<ServedPeople> {
  const all: { readonly tenant: string; readonly watch: PeopleWatch }[] = [];
  for (const rules of tenantsWithRules(config)) {
    const watch = await openWatch({ ...rules, intervalMs: intervalOf(config) }, parts);
    all.push({ tenant: rules.tenant.name, watch });
  }
  const watches = all.map(({ watch }) => watch);
  const people = parts.keep.use('people', watches, () => servePeople(watches));
  parts.keep.whenTaken(() => {
    for (const { tenant, watch } of all) {
      watch.reportTo({ onLook: learningOwners(tenant, parts), onChange: people.changed });
    }
  });
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
  { tenant, ...rules }: Rules & { readonly intervalMs: number },
  { tenants, state, owners, keep, log, clock, onLook }: PeopleParts,
): Promise<PeopleWatch> {
  const graph = tenants.graphOf(tenant.name);
  const options = { ...rules, clientId: tenant.credential.clientId, addresses: owners.addressesOf(tenant.name) };
  const { name } = tenant;
  const onOutcome = (outcome: { readonly failed: boolean }) => onLook(name, outcome);
  const parts = { store: state.people, peers: state.peers, clock, log: log.child({ tenant: name }), onOutcome };
  const ending = { end: (watch: PeopleWatch) => watch.stop(), isBackground: true };
  return keep.open('watch of people', [graph, options], () => makeWatch(graph, { ...options, ...parts }), ending);
}

/** It outlives its configuration, so it must hold nothing of it but this. */
function makeWatch(
  graph: Graph,
  options: Omit<PeopleWatchOptions, keyof PeopleListeners | 'call' | 'forgetToken'>,
): Promise<PeopleWatch> {
  return PeopleWatch.open({
    ...options,
    call: graph.call,
    forgetToken: () => graph.tokens.forget(),
    onLook: async () => {},
    onChange: () => {},
  });
}

/** Everybody in a directory is seen there anyway: the owners of mounts are among them. */
function learningOwners(tenant: string, { tenants, owners, onOwners }: PeopleParts): PeopleListeners['onLook'] {
  const { call } = tenants.graphOf(tenant);
  return async (found, signal) => {
    if (await owners.learn({ tenant, call }, found, signal)) {
      onOwners();
    }
  };
}

function intervalOf({ discovery }: Config): number {
  return discovery.intervalMinutes * 60_000;
}
