import { describe, expect, it } from 'vitest';
import { compileRights } from '../../src/mounts/compiled-rights.ts';
import { createAdmission } from '../../src/people/admission.ts';
import type { PeopleRule } from '../../src/people/people-rule.ts';
import type { KnownPerson } from '../../src/state/people-store.ts';
import { knownPerson } from '../contracts/people-store.ts';

const GROUP = 'AAAAAAAA-0000-4000-8000-000000000000';
const GUEST = 'eve_fabrikam.com#EXT#@contoso.onmicrosoft.com';

function rule(change: Partial<PeopleRule> = {}): PeopleRule {
  return {
    ...{ tenant: 'contoso', match: ['*'], exclude: [], group: undefined, appRole: undefined, guests: false },
    ...{ mounts: { own: 'write', named: {} }, download: undefined, limits: undefined },
    ...{ shares: true, devicePasswords: 20, position: 0, ...change },
  };
}

const ada = (change: Partial<KnownPerson> = {}) =>
  knownPerson('id-of-ada', { principal: 'Ada@contoso.com', ...change });
const admit = (person: KnownPerson, ...rules: Partial<PeopleRule>[]) => createAdmission(rules.map(rule))(person);
const isIn = (person: KnownPerson, given: Partial<PeopleRule>) => admit(person, given) !== undefined;

describe('a rule for people', () => {
  it.each<[string, Partial<PeopleRule>, Partial<KnownPerson>, boolean]>([
    ['matches everybody by default', {}, {}, true],
    ['matches the principal name, in any case', { match: ['ADA@*'] }, {}, true],
    ['matches the whole name', { match: ['ada@'] }, {}, false],
    ['matches by any of its globs', { match: ['bob@*', '*@contoso.com'] }, {}, true],
    ['does not match the mail address', { match: ['*@mail.example'] }, { mail: 'ada@mail.example' }, false],
    ['leaves out what it excludes', { exclude: ['svc-*', 'ada@*'] }, {}, false],
    ['leaves nobody else out', { exclude: ['svc-*'] }, {}, true],
    ['wants the group, in any case', { group: GROUP }, { groups: [GROUP.toLowerCase()] }, true],
    ['wants that group, not another', { group: GROUP }, { groups: ['another'] }, false],
    ['wants the role', { appRole: 'Files' }, { appRoles: ['Files'] }, true],
    ['wants that role, letter by letter', { appRole: 'Files' }, { appRoles: ['files', 'File'] }, false],
    ['wants group and role', { group: GROUP, appRole: 'Files' }, { appRoles: ['Files'] }, false],
    ['leaves out guests', {}, { principal: GUEST }, false],
    ['leaves out guests whom its glob names', { match: ['eve_*'] }, { principal: GUEST }, false],
    ['takes guests when it says so', { guests: true }, { principal: GUEST }, true],
    ['leaves out disabled accounts', {}, { isEnabled: false }, false],
  ])('%s', (_, given, person, expected) => {
    expect(isIn(ada(person), given)).toBe(expected);
  });

  it('lets nobody in when there are none', () => {
    expect(admit(ada())).toBeUndefined();
  });
});

describe('all rules that match a person apply', () => {
  const others = { group: GROUP, mounts: { named: { never: 'write' } } } as const;

  it('to the rights: the widest access to each mount; not those of rules that do not match', () => {
    const mounts = ['ada', 'marketing', 'sales', 'never'].map(name => ({
      ...{ name, readOnly: false, drive: undefined as never },
      ...(name === 'ada' ? { owner: 'id-of-ada' } : {}),
    }));
    const { user } = admit(
      ada(),
      { mounts: { own: 'read', named: { marketing: 'write', sales: 'read' } } },
      { mounts: { own: 'write', named: { marketing: 'read' } } },
      others,
    )!;
    const { accessTo } = compileRights(user.rights);
    expect(mounts.map(mount => accessTo(mount))).toEqual(['write', 'write', 'read', undefined]);
  });

  it('to downloads, of which the first that says something decides; and to the number of device passwords', () => {
    const rules = [
      { devicePasswords: 3 },
      { download: 'redirect', devicePasswords: 0 },
      { download: 'proxy', devicePasswords: 7 },
      { ...others, devicePasswords: 99 },
    ] as const;
    const admitted = admit(ada(), ...rules)!;
    expect([admitted.user.download, admitted.devicePasswords]).toEqual(['redirect', 7]);
    expect(admit(ada(), {})!.user).not.toHaveProperty('download');
    expect(admit(ada(), { devicePasswords: 0 })!.devicePasswords).toBe(0);
  });

  it('and the person is known by object id', () => {
    const { person, user } = admit(ada({ mail: 'a@x.example' }), {})!;
    expect(person).toEqual({
      ...{ tenantId: 't1', userId: 'id-of-ada', principal: 'Ada@contoso.com' },
      ...{ displayName: 'Name of id-of-ada', mail: 'a@x.example' },
    });
    expect([user.id, user.name, user.rights.owner]).toEqual(['id-of-ada', 'Ada@contoso.com', 'id-of-ada']);
  });
});
