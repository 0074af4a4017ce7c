import { describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { foldName } from '../../src/lib/fold-name.ts';
import { compileRights } from '../../src/mounts/compiled-rights.ts';
import { type MountSpec, MountTable } from '../../src/mounts/mount-table.ts';
import { namesOf, type Rights, rightsTo } from '../../src/mounts/rights.ts';

const drive = createMemoryDrive();
const mountOf = (name: string, owner?: string): MountSpec => ({
  ...{ name, drive, readOnly: false },
  ...(owner === undefined ? {} : { owner }),
});
const ada = mountOf('ada', 'id-of-ada');
const bob = mountOf('bob', 'id-of-bob');
const marketing = mountOf('Marketing');
const table = (fixed: MountSpec[]) => new MountTable({ fixed, since: new Date(0), clock: systemClock });
const seen = (rights: Rights) =>
  [ada, bob, marketing].map(mount => `${mount.name} ${compileRights(rights).accessTo(mount)}`);

describe('rights', () => {
  it.each([
    ['all mounts', rightsTo('*', 'write'), ['ada write', 'bob write', 'Marketing write']],
    ['a name, in any case', rightsTo(['MARKETING'], 'read'), ['ada undefined', 'bob undefined', 'Marketing read']],
    ['a glob', rightsTo(['*a*'], 'write'), ['ada write', 'bob undefined', 'Marketing write']],
    ['nothing', rightsTo([], 'write'), ['ada undefined', 'bob undefined', 'Marketing undefined']],
    [
      'the exact name before a glob, and a glob before the star, in whatever order',
      rightsTo({ '*': 'write', 'b*': 'read', '*b': 'write', marketing: 'read' }, 'read'),
      ['ada write', 'bob read', 'Marketing read'],
    ],
  ])('open %s', (_, rights, expected) => {
    expect(seen(rights)).toEqual(expected);
  });

  it('open the own drive by the owner, not by its name', () => {
    const rules = [{ own: 'write', named: { marketing: 'read' } }] as const;
    expect(seen({ rules, owner: 'id-of-bob' })).toEqual(['ada undefined', 'bob write', 'Marketing read']);
    expect(seen({ rules, owner: 'id-of-eve' })).toEqual(['ada undefined', 'bob undefined', 'Marketing read']);
    expect(seen({ rules })).toEqual(['ada undefined', 'bob undefined', 'Marketing read']);
  });

  it('take the own drive as the most specific entry of a rule, also when it is narrower', () => {
    const rules = [{ own: 'read', named: { '*': 'write' } }] as const;
    expect(seen({ rules, owner: 'id-of-ada' })).toEqual(['ada read', 'bob write', 'Marketing write']);
  });

  it('are the widest of all rules, and only reading when narrowed to it', () => {
    const rules = [{ named: { '*': 'read' } }, { own: 'write', named: { 'mark*': 'write' } }] as const;
    expect(seen({ rules, owner: 'id-of-ada' })).toEqual(['ada write', 'bob read', 'Marketing write']);
    expect(seen({ rules, owner: 'id-of-ada', readOnly: true })).toEqual(['ada read', 'bob read', 'Marketing read']);
  });

  it('know when no mount is missing', () => {
    const known = (rights: Rights, mounts = [ada, marketing]) => compileRights(rights).areKnown(table(mounts));
    expect(known(rightsTo(['ada', 'marketing'], 'read'))).toBe(true);
    expect(known(rightsTo(['ada', 'bob'], 'read'))).toBe(false);
    expect(known(rightsTo('*', 'read'))).toBe(false);
    const own = { rules: [{ own: 'write', named: {} }], owner: 'id-of-ada' } as const;
    expect(known(own)).toBe(true);
    expect(known(own, [bob, marketing])).toBe(false);
  });

  it('tell whether an unknown mount could be theirs', () => {
    const may = (rights: Rights, mounts = [bob]) => compileRights(rights).mayOpen(foldName('ada'), table(mounts));
    expect(may(rightsTo(['marketing'], 'read'))).toBe(false);
    expect(may(rightsTo(['a?a'], 'read'))).toBe(true);
    const own = { rules: [{ own: 'write', named: {} }], owner: 'id-of-ada' } as const;
    expect([may(own), may(own, [mountOf('lovelace', 'id-of-ada')])]).toEqual([true, false]);
  });

  it('name mounts in all three ways', () => {
    expect([namesOf('*'), namesOf(['a', 'b']), namesOf({ a: 'read', b: 'write' })]).toEqual([
      ['*'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });
});
