import { describe, expect, it } from 'vitest';
import { KnownMailboxes } from '../../src/discovery/known-mailboxes.ts';
import { MailboxDiscovery } from '../../src/discovery/mailbox-discovery.ts';
import type { MailboxPattern } from '../../src/discovery/mailbox-pattern.ts';
import { MassLeave } from '../../src/discovery/mass-leave.ts';
import type { CallGraph } from '../../src/graph/client.ts';
import { GraphError } from '../../src/graph/errors.ts';
import type { MailboxStore } from '../../src/state/mailbox-store.ts';
import { answeringLate, openMemoryState } from '../support/state-engines.ts';

interface Person {
  readonly id: string;
  readonly upn: string;
  readonly isLicensed?: boolean;
}

const GROUP = '11111111-0000-4000-8000-00000000000A';
const OTHER_GROUP = '22222222-0000-4000-8000-000000000000';
const LICENSED = [{ service: 'SharePoint', capabilityStatus: 'Enabled' }];
const notFound = () => new GraphError('answer', 'no such user', { status: 404, codes: ['request_resourcenotfound'] });

function wire({ id, upn, isLicensed = true }: Person) {
  return {
    '@odata.type': '#microsoft.graph.user',
    id,
    userPrincipalName: upn,
    assignedPlans: isLicensed ? LICENSED : [],
  };
}

/** A directory whose list can lag behind what it says of one person. */
class Directory {
  listed: Person[];
  /** What is true; the list, when undefined. */
  real: Person[] | undefined;
  groups: Record<string, readonly string[]> = {};
  failure: ((path: string) => GraphError | undefined) | undefined;
  readonly paths: string[] = [];

  constructor(...addresses: string[]) {
    this.listed = addresses.map(upn => ({ id: `id-${upn}`, upn }));
  }

  readonly call: CallGraph = async ({ path }) => {
    this.paths.push(path);
    const failure = this.failure?.(path);
    if (failure !== undefined) {
      throw failure;
    }
    return { status: 200, headers: new Headers(), json: this.#answer(path) };
  };

  #answer(path: string): unknown {
    const [, family, id] = path.split(/[/?]/);
    if (family === 'groups') {
      const members = this.groups[decodeURIComponent(id!)] ?? [];
      return { value: this.listed.filter(({ upn }) => members.includes(upn)).map(wire) };
    }
    if (path.startsWith('/users?')) {
      return { value: this.listed.map(wire) };
    }
    const person = (this.real ?? this.listed).find(each => each.id === decodeURIComponent(id!));
    if (person === undefined) {
      throw notFound();
    }
    return wire(person);
  }
}

const ALL: MailboxPattern = { match: ['*'], exclude: [], group: undefined };

async function discoveryIn(
  directory: Directory,
  {
    rules = [ALL],
    singles = [],
    names = [],
    store = openMemoryState().mailboxes,
  }: { rules?: MailboxPattern[]; singles?: string[]; names?: string[]; store?: MailboxStore } = {},
) {
  const known = await KnownMailboxes.open(store, { tenantIds: ['t'], mountNames: names });
  const discovery = await MailboxDiscovery.open({ call: directory.call, tenantId: 't', rules, singles, known });
  const { signal } = new AbortController();
  return {
    discovery,
    look: () => discovery.run(signal),
    names: () => discovery.found().map(({ name }) => name),
  };
}

describe('the mailboxes that are found', () => {
  const directory = () =>
    new Directory(
      'ada@contoso.com',
      'Bob@Contoso.com',
      'svc-print@contoso.com',
      'eve@fabrikam.com',
      'x_y.org#EXT#@contoso.com',
    );

  it.each([
    [{ ...ALL }, ['Bob', 'ada', 'eve', 'svc-print']],
    [{ ...ALL, match: ['*@contoso.COM'] }, ['Bob', 'ada', 'svc-print']],
    [{ ...ALL, match: ['b??@*', 'eve@*'] }, ['Bob', 'eve']],
    [{ ...ALL, exclude: ['SVC-*', 'ada@*'] }, ['Bob', 'eve']],
    [{ ...ALL, match: ['ada'] }, []],
  ])('by %j', async (rule, found) => {
    const { look, names } = await discoveryIn(directory(), { rules: [rule] });
    await look();
    expect(names()).toEqual(found);
  });

  it('are members of the group, however its id is spelled; the directory itself is not asked', async () => {
    const tenant = directory();
    tenant.groups = { [GROUP.toLowerCase()]: ['ada@contoso.com', 'svc-print@contoso.com'] };
    const { look, names } = await discoveryIn(tenant, { rules: [{ ...ALL, exclude: ['svc-*'], group: GROUP }] });
    await look();
    expect(names()).toEqual(['ada']);
    expect(tenant.paths).toEqual([
      `/groups/${GROUP.toLowerCase()}/transitiveMembers?$select=id,displayName,userPrincipalName,mail,accountEnabled,assignedPlans&$top=999`,
    ]);
  });

  it('belong to the first rule that fits, and to none when they have a mount of their own', async () => {
    const tenant = directory();
    tenant.groups = { [GROUP.toLowerCase()]: ['ada@contoso.com', 'eve@fabrikam.com'] };
    const [ofGroup, rest] = [{ ...ALL, group: GROUP }, ALL];
    const { look, discovery } = await discoveryIn(tenant, {
      rules: [ofGroup, rest],
      singles: ['BOB@contoso.com', 'ID-eve@fabrikam.com'],
    });
    await look();
    expect(discovery.found().map(({ name, rule }) => [name, rule])).toEqual([
      ['ada', ofGroup],
      ['svc-print', rest],
    ]);
  });

  it('have a licence for SharePoint, unless Graph does not say', async () => {
    const tenant = new Directory();
    const plans = (...assigned: [string, string][]) =>
      assigned.map(([service, capabilityStatus]) => ({ service, capabilityStatus }));
    const users = {
      enabled: plans(['exchange', 'Enabled'], ['SharePoint', 'Enabled']),
      suspended: plans(['SharePoint', 'Suspended']),
      unknown: undefined,
      nulled: null,
      deleted: plans(['SharePoint', 'Deleted'], ['exchange', 'Enabled']),
      none: [],
    };
    const value = Object.entries(users).map(([name, assignedPlans]) => ({
      id: name,
      userPrincipalName: `${name}@x`,
      accountEnabled: false,
      assignedPlans,
    }));
    const { signal } = new AbortController();
    const known = await KnownMailboxes.open(openMemoryState().mailboxes, { tenantIds: ['t'], mountNames: [] });
    const call: CallGraph = async () => ({ status: 200, headers: new Headers(), json: { value } });
    const discovery = await MailboxDiscovery.open({ call, tenantId: 't', rules: [ALL], singles: [], known });
    await discovery.run(signal);
    expect(discovery.found().map(({ name }) => name)).toEqual(['enabled', 'nulled', 'suspended', 'unknown']);
    expect(tenant.paths).toEqual([]);
  });
});

describe('names', () => {
  it('do not depend on the order of the listing, and never are those of mounts of the configuration', async () => {
    const addresses = ['ada@fabrikam.com', 'Ada@contoso.com', 'bob@contoso.com', 'carl@x'];
    const namesOf = async (...order: string[]) => {
      const { look, names } = await discoveryIn(new Directory(...order), { names: ['BOB', 'carl', 'carl@x'] });
      await look();
      return names();
    };
    const expected = ['Ada', 'ada@fabrikam.com', 'bob@contoso.com', 'carl@x (2)'];
    expect(await namesOf(...addresses)).toEqual(expected);
    expect(await namesOf(...addresses.toReversed())).toEqual(expected);
  });

  it('stay when the user is renamed, and are no one else’s when the user has left', async () => {
    const tenant = new Directory('ada@contoso.com');
    const { look, names } = await discoveryIn(tenant);
    await look();
    tenant.listed = [{ id: 'id-ada@contoso.com', upn: 'lovelace@contoso.com' }];
    await look();
    expect(names()).toEqual(['ada']);
    tenant.listed = [{ id: 'another', upn: 'ada@contoso.com' }];
    await look();
    await look();
    expect(names()).toEqual(['ada@contoso.com']);
    tenant.listed = [{ id: 'id-ada@contoso.com', upn: 'lovelace@contoso.com' }];
    await look();
    expect(names()).toContain('ada');
  });

  it('give way to a mount of the configuration for as long as it is there; nobody else gets them meanwhile', async () => {
    const [tenant, store] = [new Directory('ada@contoso.com', 'bob@contoso.com'), openMemoryState().mailboxes];
    const before = await discoveryIn(tenant, { store });
    await before.look();
    const after = await discoveryIn(tenant, { store, names: ['ADA'] });
    expect(after.names()).toEqual(['ada@contoso.com', 'bob']);
    await after.look();
    tenant.listed = [...tenant.listed, { id: 'new', upn: 'ada@art.com' }];
    const later = await discoveryIn(tenant, { store });
    await later.look();
    expect(later.names()).toEqual(['ada', 'bob', 'ada@art.com']);
  });

  it('are given once, also when two tenants are looked at while the store is slow', async () => {
    const { mailboxes } = answeringLate(openMemoryState());
    const known = await KnownMailboxes.open(mailboxes, { tenantIds: ['one', 'two'], mountNames: [] });
    const person = (userId: string) => ({ userId, principal: 'ada@contoso.com', groups: [] });
    const record = (tenantId: string) => known.record({ tenantId, present: [person(tenantId)], gone: [], rules: [] });
    await Promise.all([record('one'), record('two')]);
    const names = ['one', 'two'].flatMap(tenantId => known.mounted(tenantId).map(({ name }) => name));
    expect(names).toEqual(['ada', 'ada@contoso.com']);
  });

  it('are no one else’s while the tenant of their owner is out of the configuration', async () => {
    const store = openMemoryState().mailboxes;
    const kept = { userId: 'x', principal: 'ada@fabrikam.com', groups: [], name: 'ada', isMounted: true };
    await store.keep({ tenantId: 'away', mailboxes: [{ ...kept, tenantId: 'away' }], rules: [] });
    const { look, names } = await discoveryIn(new Directory('ada@contoso.com'), { store });
    await look();
    expect(names()).toEqual(['ada@contoso.com']);
  });
});

describe('mailboxes that leave', () => {
  const leaver = 'bob@contoso.com';
  const without = (tenant: Directory) => tenant.listed.filter(({ upn }) => upn !== leaver);

  async function twoKnown(rules?: MailboxPattern[]) {
    const tenant = new Directory('ada@contoso.com', leaver);
    const { look, names } = await discoveryIn(tenant, { rules });
    await look();
    tenant.paths.length = 0;
    return { tenant, look, names };
  }

  it('is gone when two looks in a row lack them and Graph knows nobody of the id', async () => {
    const { tenant, look, names } = await twoKnown();
    tenant.listed = without(tenant);
    await look();
    expect(names()).toEqual(['ada', 'bob']);
    await look();
    expect(names()).toEqual(['ada']);
    const asked = tenant.paths.filter(path => path.startsWith('/users/'));
    expect(asked).toEqual(Array(2).fill(expect.stringContaining(`/users/id-${encodeURIComponent(leaver)}?$select=`)));
  });

  it('is not gone as long as Graph knows them and a rule finds them', async () => {
    const { tenant, look, names } = await twoKnown();
    tenant.real = tenant.listed;
    tenant.listed = without(tenant);
    for (let count = 0; count < 5; count += 1) {
      await look();
    }
    expect(names()).toEqual(['ada', 'bob']);
  });

  it('is in doubt anew when they were there between two looks', async () => {
    const { tenant, look, names } = await twoKnown();
    const everybody = tenant.listed;
    for (let count = 0; count < 3; count += 1) {
      tenant.listed = without(tenant);
      await look();
      tenant.listed = everybody;
      await look();
    }
    expect(names()).toEqual(['ada', 'bob']);
  });

  it('has lost a licence, and stays: that proves nothing of a OneDrive that is served', async () => {
    const { tenant, look, names } = await twoKnown();
    tenant.listed = [...without(tenant), { id: `id-${leaver}`, upn: leaver, isLicensed: false }];
    tenant.listed = [...tenant.listed, { id: 'new', upn: 'new@contoso.com', isLicensed: false }];
    await look();
    await look();
    await look();
    expect(names()).toEqual(['ada', 'bob']);
  });

  it('stays, too, when Graph shows them without a name, as nobody can tell which rule fits', async () => {
    const { tenant, look, names } = await twoKnown();
    tenant.listed = [...without(tenant), { id: `id-${leaver}`, upn: undefined as unknown as string }];
    await look();
    await look();
    expect(names()).toEqual(['ada', 'bob']);
  });

  it('is more than half of everybody: only a third look that says so is believed', async () => {
    const tenant = new Directory('a@x', 'b@x', 'c@x', 'd@x');
    const everybody = ['a@x', 'b@x', 'c@x', 'd@x'];
    const group = GROUP.toLowerCase();
    tenant.groups = { [group]: everybody };
    const { look, names } = await discoveryIn(tenant, { rules: [{ ...ALL, group }] });
    await look();
    for (let count = 0; count < 2; count += 1) {
      tenant.groups = {};
      await look();
      await expect(look()).rejects.toThrow('the directory lacks 4 of 4 mailboxes');
      expect(names()).toHaveLength(4);
      tenant.groups = count === 0 ? { [group]: everybody } : {};
      await look();
    }
    expect(names()).toEqual([]);
  });

  it('a renamed user is gone after two looks', async () => {
    const { tenant, look, names } = await twoKnown([{ ...ALL, match: ['*@contoso.com'] }]);
    tenant.listed = [...without(tenant), { id: `id-${leaver}`, upn: 'bob@elsewhere.org' }];
    await look();
    expect(names()).toEqual(['ada', 'bob']);
    await look();
    expect(names()).toEqual(['ada']);
  });

  it('is gone from a group after two lists of its members, also when they are there', async () => {
    const tenant = new Directory('ada@contoso.com', leaver);
    const group = GROUP.toLowerCase();
    tenant.groups = { [group]: ['ada@contoso.com', leaver] };
    const { look, names } = await discoveryIn(tenant, { rules: [{ ...ALL, group: GROUP }] });
    await look();
    tenant.groups = { [group]: ['ada@contoso.com'] };
    await look();
    expect(names()).toEqual(['ada', 'bob']);
    await look();
    expect(names()).toEqual(['ada']);
    expect(tenant.paths.filter(path => path.startsWith('/users/'))).toHaveLength(2);
  });

  it('is gone at the second of two looks that succeed, whatever failed between', async () => {
    const { tenant, look, names } = await twoKnown();
    tenant.listed = without(tenant);
    await look();
    tenant.failure = () => new GraphError('answer', 'busy', { status: 503 });
    await expect(look()).rejects.toThrow('busy');
    expect(names()).toEqual(['ada', 'bob']);
    tenant.failure = undefined;
    await look();
    expect(names()).toEqual(['ada']);
  });

  it.each([
    new GraphError('answer', 'another 404', { status: 404, codes: ['itemnotfound'] }),
    new GraphError('answer', 'throttled', { status: 429 }),
    new GraphError('network', 'no answer'),
  ])('is not gone when Graph, asked for them, says: $message; and no newcomer comes either', async failure => {
    const { tenant, look, names } = await twoKnown();
    tenant.listed = [...without(tenant), { id: 'new', upn: 'new@contoso.com' }];
    await look();
    tenant.failure = path => (path.startsWith('/users/') ? failure : undefined);
    tenant.listed = [...tenant.listed, { id: 'newer', upn: 'newer@contoso.com' }];
    await expect(look()).rejects.toBe(failure);
    expect(names()).toEqual(['ada', 'bob', 'new']);
  });

  it('is asked for before those who are newly missing', async () => {
    const tenant = new Directory(...Array.from({ length: 150 }, (_, index) => `u${index + 100}@contoso.com`));
    const { look, names } = await discoveryIn(tenant);
    await look();
    tenant.listed = tenant.listed.slice(0, 100);
    await look();
    tenant.listed = [];
    await look();
    expect(names()).toHaveLength(100);
  });

  it('is asked for when few are missing: of many, a hundred at each look', async () => {
    const tenant = new Directory(...Array.from({ length: 250 }, (_, index) => `u${index}@contoso.com`));
    const { look, names } = await discoveryIn(tenant);
    await look();
    tenant.listed = [];
    const left: number[] = [];
    for (let count = 0; count < 8; count += 1) {
      tenant.paths.length = 0;
      await look().catch(error => expect(error).toBeInstanceOf(MassLeave));
      left.push(names().length);
      expect(tenant.paths.length).toBeLessThanOrEqual(101);
    }
    expect(left).toEqual([250, 150, 150, 150, 50, 50, 50, 0]);
  });
});

describe('mailboxes that change to another rule', () => {
  it('does so at the second look in a row that finds them by it', async () => {
    const tenant = new Directory('ada@contoso.com', 'bob@contoso.com');
    const group = GROUP.toLowerCase();
    const [ofGroup, rest] = [{ ...ALL, group }, ALL];
    tenant.groups = { [group]: ['ada@contoso.com'] };
    const { look, discovery } = await discoveryIn(tenant, { rules: [ofGroup, rest] });
    const ruleOfAda = () => discovery.found().find(({ name }) => name === 'ada')?.rule;
    await look();
    for (let count = 0; count < 2; count += 1) {
      tenant.groups = {};
      await look();
      expect(ruleOfAda()).toBe(ofGroup);
      tenant.groups = { [group]: ['ada@contoso.com'] };
      await look();
      expect(ruleOfAda()).toBe(ofGroup);
    }
    tenant.groups = {};
    await look();
    await look();
    expect(ruleOfAda()).toBe(rest);
  });

  it('also when the directory lists them nowhere and knows them all the same', async () => {
    const tenant = new Directory('ada@contoso.com', 'bob@contoso.com');
    const group = GROUP.toLowerCase();
    const [ofGroup, rest] = [{ ...ALL, group }, ALL];
    tenant.groups = { [group]: ['ada@contoso.com'] };
    const { look, discovery } = await discoveryIn(tenant, { rules: [ofGroup, rest] });
    await look();
    tenant.real = tenant.listed;
    tenant.listed = tenant.listed.slice(1);
    const rules = async () => {
      await look();
      return discovery.found().map(({ name, rule }) => [name, rule]);
    };
    expect(await rules()).toEqual([
      ['ada', ofGroup],
      ['bob', rest],
    ]);
    expect(await rules()).toEqual([
      ['ada', rest],
      ['bob', rest],
    ]);
  });

  it('is not gone for having been in doubt, as long as nobody could be asked for them', async () => {
    const tenant = new Directory(...Array.from({ length: 250 }, (_, index) => `u${index}@contoso.com`));
    const group = GROUP.toLowerCase();
    tenant.groups = { [group]: tenant.listed.map(({ upn }) => upn) };
    const { look, names } = await discoveryIn(tenant, { rules: [{ ...ALL, group }, ALL] });
    await look();
    tenant.groups = {};
    await look();
    tenant.listed = [];
    await look();
    expect(names()).toHaveLength(150);
  });
});

describe('the mailboxes that are kept', () => {
  it('is served by the next run; what its rules do not find is not, and leaves without being asked for', async () => {
    const [tenant, store] = [new Directory('ada@contoso.com', 'eve@fabrikam.com'), openMemoryState().mailboxes];
    await (await discoveryIn(tenant, { store })).look();
    const same = await discoveryIn(tenant, { store });
    expect([same.names(), same.discovery.isComplete()]).toEqual([['ada', 'eve'], true]);
    const narrower = await discoveryIn(tenant, { store, rules: [{ ...ALL, match: ['*@contoso.com'] }] });
    expect([narrower.names(), narrower.discovery.isComplete()]).toEqual([['ada'], false]);
    tenant.paths.length = 0;
    await narrower.look();
    expect([narrower.names(), narrower.discovery.isComplete()]).toEqual([['ada'], true]);
    expect(tenant.paths).toEqual([expect.stringMatching(/^\/users\?/)]);
  });

  it('is not the whole answer when mailboxes have lost their own mounts since', async () => {
    const [tenant, store] = [new Directory('ada@contoso.com', 'bob@contoso.com'), openMemoryState().mailboxes];
    await (await discoveryIn(tenant, { store, singles: ['bob@contoso.com'] })).look();
    expect((await discoveryIn(tenant, { store, singles: ['BOB@contoso.com'] })).discovery.isComplete()).toBe(true);
    expect((await discoveryIn(tenant, { store })).discovery.isComplete()).toBe(false);
  });

  it('tells members of a group from others', async () => {
    const [tenant, store] = [new Directory('ada@contoso.com', 'bob@contoso.com'), openMemoryState().mailboxes];
    tenant.groups = {
      [GROUP.toLowerCase()]: ['ada@contoso.com'],
      [OTHER_GROUP]: ['ada@contoso.com', 'bob@contoso.com'],
    };
    const rules = [GROUP, OTHER_GROUP].map(group => ({ ...ALL, group }));
    await (await discoveryIn(tenant, { store, rules })).look();
    const { found } = { found: (await discoveryIn(tenant, { store, rules })).discovery.found() };
    expect(found.map(({ name, rule }) => [name, rule.group])).toEqual([
      ['ada', GROUP],
      ['bob', OTHER_GROUP],
    ]);
    expect((await discoveryIn(tenant, { store, rules: rules.slice(0, 1) })).names()).toEqual(['ada']);
  });

  it('changes in nothing when a later page fails, or when it cannot be written down', async () => {
    const [tenant, store] = [new Directory('ada@contoso.com'), openMemoryState().mailboxes];
    const { look, names, discovery } = await discoveryIn(tenant, { store });
    tenant.failure = path => (path === 'next' ? new GraphError('answer', 'busy', { status: 503 }) : undefined);
    const paged: CallGraph = async request => {
      const answer = await tenant.call(request);
      return { ...answer, json: { ...(answer.json as object), '@odata.nextLink': 'next' } };
    };
    const known = await KnownMailboxes.open(store, { tenantIds: ['t'], mountNames: [] });
    const partial = await MailboxDiscovery.open({ call: paged, tenantId: 't', rules: [ALL], singles: [], known });
    await expect(partial.run(new AbortController().signal)).rejects.toThrow('busy');
    expect([partial.found(), partial.isComplete(), await store.list()]).toEqual([[], false, []]);
    tenant.failure = undefined;
    const { keep } = store;
    store.keep = () => {
      throw new Error('disk full');
    };
    await expect(look()).rejects.toThrow('disk full');
    expect([names(), discovery.isComplete()]).toEqual([[], false]);
    store.keep = keep;
    await look();
    expect(names()).toEqual(['ada']);
  });
});
