import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DrivePath, ROOT, toDrivePath } from '../../src/drive/path.ts';
import type { DriveItem } from '../../src/graph/normalize.ts';
import { MetadataTree } from '../../src/onedrive/metadata-tree.ts';
import { EmulatedTree } from '../support/emulated-tree.ts';
import { MetadataModel } from '../support/metadata-model.ts';

const at = (...names: string[]): DrivePath => toDrivePath(names);
const item = (id: string, name: string, kind: 'file' | 'folder' = 'folder'): DriveItem =>
  ({ id, name, kind, eTag: '1' }) as DriveItem;

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

describe('MetadataTree never tells what is not true', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('make' as const), path: below, kind }),
    fc.record({ do: fc.constant('move' as const), from: below, to: below }),
    fc.record({ do: fc.constant('remove' as const), path: below }),
    fc.record({ do: fc.constant('touch' as const), path }),
    fc.record({ do: fc.constant('look' as const), path: below }),
    fc.record({ do: fc.constant('list' as const), path }),
    fc.record({ do: fc.constant('forget' as const), path: below }),
    fc.record({ do: fc.constant('evict' as const), max: fc.nat(12) }),
  );

  it.each([
    ['told of each change at once', 1],
    ['told of several changes together, in another order, and twice', 4],
  ])('%s', (_, batch) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), swept, (steps, sweptEachTime) => {
        const drive = new EmulatedTree();
        const tree = new MetadataTree({ sweptEachTime });
        tree.set(ROOT, drive.find(ROOT)!, 0);
        for (const [now, one] of steps.entries()) {
          if (one.do === 'make') {
            drive.make(one.path, one.kind as 'file');
          } else if (one.do === 'move') {
            drive.move(one.from, one.to);
          } else if (one.do === 'remove') {
            drive.remove(one.path);
          } else if (one.do === 'touch') {
            drive.touch(one.path);
          }
          if (now % batch === 0) {
            const changes = drive.takeChanges();
            for (const { id: changed, now: current } of batch === 1 ? changes : [...changes.toReversed(), ...changes]) {
              if (current === undefined) {
                tree.applyRemoval(changed);
              } else {
                tree.applyItem(current, now);
              }
            }
            look(tree, drive, one, now);
            const seen = PATHS.map(each => known(tree, each));
            expect(seen).toEqual(seen.map(each => truthOf(drive, each)));
          }
        }
        tree.forget(ROOT);
        tree.evict(0);
        expect(tree.size).toBe(0);
      }),
      { numRuns: 300, seed: 20_261_129 },
    );
  });

  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  /** Sees in the tree what the drive has at the path of `one`, from the root down, as a resolver does. */
  function look(tree: MetadataTree, drive: EmulatedTree, one: Step, now: number): void {
    if (one.do === 'evict') {
      tree.evict(one.max);
      return;
    }
    if (one.do === 'forget') {
      tree.forget(one.path);
    }
    if (one.do !== 'look' && one.do !== 'list') {
      return;
    }
    for (let depth = 1; depth <= one.path.length; depth += 1) {
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
  it('keeps what is below a folder that a change feed has moved or renamed', () => {
    const tree = new MetadataTree();
    tree.set(ROOT, item('root', ''), 0);
    tree.setMembers(ROOT, [item('f', 'from'), item('t', 'to')], 1);
    tree.setMembers(at('from'), [item('d', 'dir')], 1);
    tree.setMembers(at('from', 'dir'), [item('x', 'x', 'file')], 1);
    tree.applyItem({ ...item('d', 'Other'), parentId: 't' }, 2);
    expect(tree.find(at('to', 'other', 'x'))).toEqual({ item: item('x', 'x', 'file'), at: 1 });
    expect(tree.find(at('from', 'dir'))).toEqual({ item: null, at: 1 });
    tree.applyItem({ ...item('d', 'dir'), parentId: 'nowhere' }, 3);
    expect(tree.find(at('to', 'other', 'x'))).toBeUndefined();
    expect(tree.size).toBe(2);
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
    tree.applyItem({ ...item('sub', 'sub'), parentId: 'root' }, 3);
    expect(tree.find(at('sub', 'x'))).toBeUndefined();
  });

  it('lists all of several items whose names fold to one, and finds the last of them', () => {
    const tree = new MetadataTree();
    const [one, other] = [item('1', 'É', 'file'), item('2', 'e\u0301', 'file')];
    tree.setMembers(ROOT, [one, other], 1);
    expect(sorted(tree.members(ROOT)?.items)).toEqual(sorted([one, other]));
    expect(tree.find(at('é'))?.item).toEqual(other);
    tree.applyRemoval('2');
    // Which one has the name now is for Graph to say.
    expect([tree.members(ROOT), tree.find(at('é'))]).toEqual([undefined, undefined]);
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
