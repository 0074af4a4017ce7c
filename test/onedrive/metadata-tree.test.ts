import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DrivePath, ROOT, toDrivePath } from '../../src/drive/path.ts';
import type { DriveChange } from '../../src/graph/delta.ts';
import type { DriveItem } from '../../src/graph/normalize.ts';
import { MetadataTree } from '../../src/onedrive/metadata-tree.ts';
import { EmulatedTree } from '../support/emulated-tree.ts';
import { MetadataModel } from '../support/metadata-model.ts';

const at = (...names: string[]): DrivePath => toDrivePath(names);
const item = (id: string, name: string, kind: 'file' | 'folder' = 'folder', parentId?: string): DriveItem =>
  ({ id, name, kind, parentId, eTag: `"{${id}},1"` }) as DriveItem;
const changeOf = (now: DriveItem): DriveChange => {
  const { id, kind: what, parentId } = now;
  return { id, kind: what, parentId, isRoot: false, item: now };
};

/** Names that fold to three: OneDrive tells neither case nor composition apart. */
const name = fc.constantFrom('a', 'A', 'b', 'É', 'e\u0301');
const path = fc.array(name, { maxLength: 3 }).map(names => at(...names));
const below = fc.array(name, { minLength: 1, maxLength: 3 }).map(names => at(...names));
const id = fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8');
const kind = fc.constantFrom('file', 'folder');
/** With none, what was dropped stays until it is in the way. */
const swept = fc.constantFrom(0, 1, 64);
const PATHS = everyPath(['a', 'b', 'é'], 3);

describe('MetadataTree answers as flat maps do that are gone through from end to end', () => {
  const change = fc.oneof(
    fc.record({ do: fc.constant('set' as const), path: below, id, kind }),
    fc.record({ do: fc.constant('absent' as const), path: below }),
    fc.record({
      do: fc.constant('list' as const),
      path,
      members: fc.uniqueArray(fc.record({ name, id, kind }), {
        selector: member => member.name.normalize('NFC').toUpperCase(),
        maxLength: 3,
      }),
    }),
    fc.record({ do: fc.constant('forget' as const), path }),
  );

  it('after every sequence of changes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), swept, (changes, sweptEachTime) => {
        const [tree, model] = [new MetadataTree({ sweptEachTime }), new MetadataModel()];
        for (const [now, step] of changes.entries()) {
          for (const one of [tree, model]) {
            switch (step.do) {
              case 'set':
                one.set(step.path, item(step.id, step.path.at(-1)!, step.kind as 'file'), now);
                break;
              case 'absent':
                one.set(step.path, null, now);
                break;
              case 'list':
                one.setMembers(
                  step.path,
                  step.members.map(member => item(member.id, member.name, member.kind as 'file')),
                  now,
                );
                break;
              case 'forget':
                one.forget(step.path);
            }
          }
          expect(PATHS.map(each => known(tree, each))).toEqual(PATHS.map(each => known(model, each)));
        }
        tree.forget(ROOT);
        tree.evict(0);
        expect(tree.size).toBe(0);
      }),
      { numRuns: 300, seed: 20_261_129 },
    );
  });
});

describe('MetadataTree never reports anything untrue', () => {
  /** Few, so that what is looked at is what changes. */
  const few = fc.constantFrom('a', 'A', 'b');
  const path = fc.array(few, { maxLength: 3 }).map(names => at(...names));
  const below = fc.array(few, { minLength: 1, maxLength: 3 }).map(names => at(...names));
  const step = fc.oneof(
    fc.record({ do: fc.constant('make' as const), path: below, kind }),
    fc.record({ do: fc.constant('move' as const), from: below, to: below }),
    fc.record({ do: fc.constant('remove' as const), path: below }),
    fc.record({ do: fc.constant('touch' as const), path }),
    fc.record({ do: fc.constant('look' as const), path: below }),
    fc.record({ do: fc.constant('jump' as const), path: below }),
    fc.record({ do: fc.constant('close gaps' as const) }),
    fc.record({ do: fc.constant('list' as const), path }),
    fc.record({ do: fc.constant('forget' as const), path: below }),
    fc.record({ do: fc.constant('evict' as const), max: fc.nat(12) }),
  );

  /** Which lines of the feed are told at a step; all that are left are told at the end. */
  const told = {
    'each change at once': changes => changes.splice(0),
    'each change twice, and in another order': changes => {
      const all = changes.splice(0);
      return [...all.toReversed(), ...all];
    },
    'each item once, as it was last': changes => [...new Map(changes.splice(0).map(each => [each.id, each])).values()],
    'late, while it looks at what is there': (changes, now) => (now % 5 === 0 ? changes.splice(0, 3) : []),
  } satisfies Record<string, (changes: DriveChange[], now: number) => DriveChange[]>;
  const whens = Object.keys(told) as (keyof typeof told)[];

  it.each(whens)('told of %s', when => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), swept, (steps, sweptEachTime) => {
        const drive = new EmulatedTree();
        const tree = new MetadataTree({ sweptEachTime });
        const changes: DriveChange[] = [];
        for (const [now, one] of steps.entries()) {
          act(drive, one);
          changes.push(...drive.takeChanges());
          tree.applyChanges(told[when](changes, now), now);
          look(tree, drive, one, now);
          if (changes.length === 0) {
            expectTruth(tree, drive);
          }
        }
        tree.applyChanges(changes, steps.length);
        expectTruth(tree, drive);
        tree.forget(ROOT);
        tree.evict(0);
        expect(tree.size).toBe(0);
      }),
      { numRuns: 200, seed: 20_261_129 },
    );
  });

  function expectTruth(tree: MetadataTree, drive: EmulatedTree): void {
    const seen = PATHS.map(each => known(tree, each));
    expect(seen).toEqual(seen.map(each => truthOf(drive, each)));
  }

  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  function act(drive: EmulatedTree, one: Step): void {
    switch (one.do) {
      case 'make':
        drive.make(one.path, one.kind as 'file');
        break;
      case 'move':
        drive.move(one.from, one.to);
        break;
      case 'remove':
        drive.remove(one.path);
        break;
      case 'touch':
        drive.touch(one.path);
        break;
      default:
    }
  }

  /** Sees in the tree what the drive has at the path of `one`, from the root down, as a resolver does. */
  function look(tree: MetadataTree, drive: EmulatedTree, one: Step, now: number): void {
    if (one.do === 'evict') {
      tree.evict(one.max);
      return;
    }
    if (one.do === 'forget') {
      tree.forget(one.path);
    }
    if (one.do === 'close gaps') {
      for (const gap of tree.gaps(10)) {
        tree.closeGap(gap, drive.withId(gap.id), now);
      }
    }
    if (one.do === 'jump') {
      tree.set(one.path, drive.find(one.path), now);
    }
    if (one.do !== 'look' && one.do !== 'list') {
      return;
    }
    for (let depth = 0; depth <= one.path.length; depth += 1) {
      const above = at(...one.path.slice(0, depth));
      const found = drive.find(above);
      tree.set(above, found, now);
      if (found === null) {
        return;
      }
    }
    if (one.do === 'list' && drive.find(one.path)?.kind === 'folder') {
      tree.setMembers(one.path, drive.members(one.path), now);
    }
  }
});

describe('MetadataTree', () => {
  it('keeps what is below a folder that has moved, and asks again what its old and new folder have', () => {
    const tree = openTree();
    const touched = tree.applyChanges([changeOf({ ...item('d', 'Other', 'folder', 't'), eTag: '"{d},2"' })], 2);
    expect(tree.find(at('to', 'other', 'x'))).toEqual({ item: item('x', 'x', 'file', 'd'), at: 1 });
    expect([at('from'), at('to')].map(folder => tree.members(folder))).toEqual([undefined, undefined]);
    expect(tree.find(at('from', 'dir'))).toBeUndefined();
    expect(touched).toEqual(['FROM', 'TO']);
    tree.applyChanges([changeOf({ ...item('d', 'dir', 'folder', 'nowhere'), eTag: '"{d},3"' })], 3);
    expect(tree.find(at('to', 'other', 'x'))).toBeUndefined();
  });

  it.each([
    ['an older version', { eTag: '"{d},0"', name: 'old' }],
    ['the same', {}],
  ])('is not told anything by %s', (_, change) => {
    const tree = openTree();
    const before = PATHS_OF_OPEN_TREE.map(path => known(tree, path));
    expect(tree.applyChanges([changeOf({ ...item('d', 'dir', 'folder', 'f'), ...change })], 2)).toEqual([]);
    expect(PATHS_OF_OPEN_TREE.map(path => known(tree, path))).toEqual(before);
  });

  it.each([
    ['a tag without a number', { eTag: 'other' }],
    ['another place under the same tag', { name: 'other' }],
  ])('asks again after %s', (_, change) => {
    const tree = openTree();
    tree.applyChanges([changeOf({ ...item('d', 'dir', 'folder', 'f'), ...change })], 2);
    expect([tree.find(at('from', 'dir')), tree.find(at('from', 'dir', 'x'))]).toEqual([undefined, undefined]);
  });

  it('keeps the listing that a folder is in when only the folder itself has changed', () => {
    const tree = openTree();
    const change = changeOf({ ...item('d', 'DIR', 'folder', 'f'), eTag: '"{d},2"' });
    expect(tree.applyChanges([change], 2)).toEqual([]);
    expect(tree.members(at('from'))?.items.map(({ name }) => name)).toEqual(['DIR']);
    expect(tree.members(at('from', 'dir'))?.items).toHaveLength(1);
  });

  it('lists a folder anew when one of two items of a name is gone that is not found by it', () => {
    const tree = openTree();
    tree.setMembers(at('to'), [item('1', 'É', 'file', 't'), item('2', 'e\u0301', 'file', 't')], 2);
    tree.applyChanges([{ ...changeOf(item('1', 'É', 'file', 't')), item: undefined }], 3);
    expect(tree.members(at('to'))).toBeUndefined();
  });

  it('asks again for a file that has changed, and leaves the date of its folder', () => {
    const tree = openTree();
    expect(tree.applyChanges([changeOf({ ...item('x', 'x', 'file', 'd'), eTag: '"{x},2"' })], 2)).toEqual([]);
    expect([tree.find(at('from', 'dir', 'x')), tree.members(at('from', 'dir'))]).toEqual([undefined, undefined]);
    expect(tree.members(at('from'))?.items).toHaveLength(1);
  });

  it('asks again for what is below a folder that nobody has looked at, when such a one has moved', () => {
    const tree = openTree();
    tree.forget(at('to'));
    tree.set(at('to', 'y'), item('y', 'y', 'file', 't'), 2);
    tree.applyChanges([changeOf({ ...item('t', 'elsewhere', 'folder', 'root'), eTag: '"{t},2"' })], 3);
    expect(tree.find(at('to', 'y'))).toBeUndefined();
  });

  it.each([
    ['the folder that they are in', { id: 't', name: 'To', parentId: 'root' }, 'y'],
    ['another of its name', { id: 't2', name: 'to', parentId: 'root' }, undefined],
    ['that folder, which has another name now', { id: 't', name: 'other', parentId: 'root' }, undefined],
  ])('knows of members, whose folder nobody has looked at, that it is %s', (_, folder, known) => {
    const tree = openTree();
    tree.forget(at('to'));
    tree.set(at('to', 'y'), item('y', 'y', 'file', 't'), 2);
    tree.set(at('to', 'free'), null, 2);
    const [gap] = tree.gaps(10);
    expect(gap?.id).toBe('t');
    tree.closeGap(gap!, folder.id === 't' ? { ...item('', '', 'folder'), ...folder } : undefined, 3);
    if (folder.id !== 't') {
      tree.set(at('to'), { ...item('', '', 'folder'), ...folder }, 3);
    }
    expect([tree.find(at('to', 'y'))?.item?.id, tree.find(at('to', 'free'))]).toEqual([known, undefined]);
    expect(tree.gaps(10)).toEqual([]);
  });

  it('drops what is below a name when it is of another folder than the one that is found there', () => {
    const tree = openTree();
    tree.forget(at('to'));
    tree.set(at('to', 'y'), item('y', 'y', 'file', 't'), 2);
    tree.set(at('to'), item('t2', 'to', 'folder', 'root'), 3);
    expect(tree.find(at('to', 'y'))).toBeUndefined();
  });

  it.each([
    ['forgotten', (tree: MetadataTree) => tree.forget(at('dir'))],
    ['removed', (tree: MetadataTree) => tree.set(at('dir'), null, 2)],
  ])('does not bring back what was known below a folder that was %s', (_, drop) => {
    const tree = new MetadataTree({ sweptEachTime: 0 });
    tree.set(ROOT, item('root', ''), 1);
    tree.setMembers(ROOT, [item('dir', 'dir')], 1);
    tree.setMembers(at('dir'), [item('first', 'first'), item('sub', 'sub')], 1);
    tree.setMembers(at('dir', 'sub'), [item('x', 'x', 'file')], 1);
    drop(tree);
    tree.applyChanges([changeOf({ ...item('sub', 'sub', 'folder', 'root'), eTag: '"{sub},2"' })], 3);
    expect(tree.find(at('sub', 'x'))).toBeUndefined();
  });

  it('lists all of several items whose names fold to one, and finds the last of them', () => {
    const tree = new MetadataTree();
    const [one, other] = [item('1', 'É', 'file'), item('2', 'e\u0301', 'file')];
    tree.setMembers(ROOT, [one, other], 1);
    expect(sorted(tree.members(ROOT)?.items)).toEqual(sorted([one, other]));
    expect(tree.find(at('é'))?.item).toEqual(other);
    tree.applyChanges([{ ...changeOf(other), parentId: 'root', item: undefined }], 2);
    // Which one has the name now is for Graph to say.
    expect([tree.members(ROOT), tree.find(at('é'))]).toEqual([undefined, undefined]);
  });

  it('lists members in the order in which they were given, whatever was known before', () => {
    const tree = new MetadataTree();
    const items = ['a', 'b', 'c'].map(each => item(each, each, 'file'));
    tree.set(at('c'), items[2]!, 1);
    tree.setMembers(ROOT, items, 2);
    expect(tree.members(ROOT)?.items).toEqual(items);
  });

  it('says when a listing has other members than the one before', () => {
    const tree = new MetadataTree();
    const [one, other] = [item('1', 'one', 'file'), item('2', 'other', 'file')];
    const another = { ...other, id: '3' };
    const changes = [[one], [one], [one, other], [one, other], [other], [{ ...other, eTag: '2' }], [another], []];
    expect(changes.map(items => tree.setMembers(ROOT, items, 1).haveChanged)).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
  });

  it('drops what a listing contradicts, with all below it, when there may be others than the listing has', () => {
    const tree = new MetadataTree();
    tree.setMembers(ROOT, [item('1', 'same'), item('2', 'changed'), item('3', 'gone')], 1);
    for (const folder of ['same', 'changed']) {
      tree.set(at(folder, 'x'), item(`x of ${folder}`, 'x', 'file'), 1);
    }
    tree.contradict(ROOT, [item('1', 'same'), { ...item('2', 'changed'), eTag: '2' }]);
    expect(tree.members(ROOT)).toBeUndefined();
    expect(['same', 'changed', 'gone'].map(folder => tree.find(at(folder))?.item?.id)).toEqual([
      '1',
      undefined,
      undefined,
    ]);
    expect(['same', 'changed'].map(folder => tree.find(at(folder, 'x'))?.at)).toEqual([1, undefined]);
  });

  it('evicts the members of the folders that were used least lately, and leaves those on the way to the last', () => {
    const tree = new MetadataTree();
    for (const folder of ['1', '2', '3']) {
      tree.setMembers(
        at('top', folder),
        Array.from({ length: 10 }, (_, index) => item(`${folder}-${index}`, `${index}`, 'file')),
        1,
      );
    }
    expect(tree.size).toBe(34);
    tree.find(at('top', '1', '0'));
    tree.evict(24);
    expect(['1', '2', '3'].map(folder => tree.members(at('top', folder))?.items.length)).toEqual([10, undefined, 10]);
    expect(tree.size).toBeLessThanOrEqual(24);
    tree.find(at('top', '1', '0'));
    tree.evict(0);
    expect(tree.members(at('top', '1'))?.items.length).toBe(10);
    expect(tree.size).toBe(12);
  });

  it('a tree that was dropped is taken apart by the changes that follow, and counts until then', () => {
    const tree = new MetadataTree();
    const members = Array.from({ length: 1000 }, (_, index) => item(`${index}`, `${index}`, 'file'));
    tree.setMembers(at('top'), members, 1);
    tree.set(at('top'), null, 2);
    expect(tree.find(at('top', '0'))).toBeUndefined();
    const held = tree.size;
    expect(held).toBeGreaterThan(1);
    tree.set(at('top'), null, 3);
    expect(tree.size).toBeLessThan(held);
    tree.evict(1);
    expect([tree.size, tree.find(at('top'))]).toEqual([1, { item: null, at: 3 }]);
  });
});

const PATHS_OF_OPEN_TREE = [at('from'), at('from', 'dir'), at('from', 'dir', 'x'), at('to')];

/** `/from/dir/x` and `/to`, all listed. */
function openTree(): MetadataTree {
  const tree = new MetadataTree();
  tree.set(ROOT, item('root', ''), 0);
  tree.setMembers(ROOT, [item('f', 'from', 'folder', 'root'), item('t', 'to', 'folder', 'root')], 1);
  tree.setMembers(at('from'), [item('d', 'dir', 'folder', 'f')], 1);
  tree.setMembers(at('from', 'dir'), [item('x', 'x', 'file', 'd')], 1);
  tree.setMembers(at('to'), [], 1);
  return tree;
}

/** All that is known of a path, in an order that does not depend on how it came to be known. */
function known(tree: Pick<MetadataTree, 'find' | 'members'>, path: DrivePath) {
  const members = tree.members(path);
  return { path, seen: tree.find(path), listedAt: members?.at, members: sorted(members?.items) };
}

/** What would be true in the place of `each`. */
function truthOf(drive: EmulatedTree, each: ReturnType<typeof known>): ReturnType<typeof known> {
  const { path, seen, members } = each;
  return {
    ...each,
    seen: seen && { ...seen, item: drive.find(path) },
    members: members && sorted(drive.members(path)),
  };
}

function everyPath(names: readonly string[], depth: number): DrivePath[] {
  const longer = depth === 0 ? [] : everyPath(names, depth - 1).flatMap(one => names.map(each => at(each, ...one)));
  return [ROOT, ...longer];
}

function sorted(items: readonly DriveItem[] | undefined): readonly DriveItem[] | undefined {
  return items?.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}
