import { describe, expect, it } from 'vitest';
import type { ConfigError } from '../../src/config/config-error.ts';
import { parseConfigText } from '../../src/config/parse.ts';
import type { PeopleRule } from '../../src/people/people-rule.ts';

const GROUP = '5F3C9A52-1f0b-4c4e-9d7a-2b1c0e7f6a11';
const TENANT = { tenantId: 't', clientId: 'c', clientSecret: 's' };
const EVERYBODY = { mailboxes: { match: '*' } };

interface Given {
  readonly mounts?: readonly object[];
  readonly tenants?: Record<string, object>;
  readonly users?: readonly object[];
}

function parse(people: readonly object[], { mounts = [EVERYBODY], tenants, users = [] }: Given = {}) {
  const config = { ...(tenants === undefined ? { tenant: TENANT } : { tenants }), mounts, users, people };
  return parseConfigText(JSON.stringify(config), 'config.yaml').peopleRules;
}

function problemsOf(people: readonly object[], given: Given = {}): string[] {
  try {
    parse(people, given);
    return [];
  } catch (error) {
    return (error as ConfigError).problems.map(({ key, message }) => `${key}: ${message}`);
  }
}

const rightsOf = (rule: object): PeopleRule['mounts'] => parse([rule])[0]!.mounts;

describe('rules for people', () => {
  it('have defaults: everybody of the only tenant, the own OneDrive for writing, 20 device passwords', () => {
    expect(parse([{}])).toEqual([
      {
        ...{ tenant: expect.any(String), match: ['*'], exclude: [], group: undefined, appRole: undefined },
        ...{
          guests: false,
          mounts: { own: 'write', named: {} },
          download: undefined,
          shares: true,
          devicePasswords: 20,
          position: 0,
        },
      },
    ]);
  });

  it.each<[object, PeopleRule['mounts']]>([
    [
      { mounts: 'own', access: 'read' },
      { own: 'read', named: {} },
    ],
    [{ mounts: '*' }, { named: { '*': 'write' } }],
    [
      { mounts: ['own', 'a*'], access: 'read' },
      { own: 'read', named: { 'a*': 'read' } },
    ],
    [
      { mounts: { own: 'write', b: 'read' }, access: 'read' },
      { own: 'write', named: { b: 'read' } },
    ],
  ])('give rights to mounts in each way of writing: %j', (rule, expected) => {
    expect(rightsOf(rule)).toEqual(expected);
  });

  it('take one glob or several, and keep their places', () => {
    const rules = parse([
      { match: 'a@*', exclude: ['b', 'c'] },
      { match: ['d', 'e'], group: GROUP, appRole: 'R' },
    ]);
    expect(rules.map(({ match, exclude, position }) => [match, exclude, position])).toEqual([
      [['a@*'], ['b', 'c'], 0],
      [['d', 'e'], [], 1],
    ]);
    expect([rules[1]!.group, rules[1]!.appRole]).toEqual([GROUP, 'R']);
  });

  it.each<[string, readonly object[], Given, RegExp]>([
    ['nobody at all', [], {}, /^users: nobody could sign in/],
    ['a group by its name', [{ group: 'Marketing' }], {}, /^people\.0\.group: write the object id/],
    ['no mounts', [{ mounts: [] }], {}, /^people\.0\.mounts/],
    ['mounts without a name', [{ mounts: {} }], {}, /^people\.0\.mounts/],
    ['an unknown key', [{ mail: 'x' }], {}, /^people\.0/],
    [
      'own where there are no mailboxes',
      [{}],
      { mounts: [{ drive: 'b!x', name: 'x' }] },
      /nobody has a drive of their own/,
    ],
    [
      'a mount that is called own',
      [{}],
      { mounts: [{ mailbox: 'a@contoso.com', name: 'Own' }] },
      /so no mount may have this name/,
    ],
    [
      'a mount that cannot exist',
      [{}, { mounts: ['marketng'] }],
      { mounts: [{ mailbox: 'a@contoso.com' }] },
      /^people\.1\.mounts: there is no mount "marketng"/,
    ],
    [
      'no tenant of several',
      [{}],
      { tenants: { one: TENANT, two: TENANT }, mounts: [{ ...EVERYBODY, tenant: 'one' }] },
      /^people\.0\.tenant/,
    ],
    [
      'an unknown tenant',
      [{ tenant: 'three' }],
      { tenants: { one: TENANT }, mounts: [{ ...EVERYBODY }] },
      /^people\.0\.tenant/,
    ],
  ])('refuse %s', (_, people, given, expected) => {
    expect(problemsOf(people, given)).toEqual([expect.stringMatching(expected)]);
  });

  it('may name mounts that a rule for mounts could find', () => {
    expect(problemsOf([{ mounts: ['anything', 'a*'] }])).toEqual([]);
  });
});
