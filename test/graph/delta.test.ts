import { expect, it } from 'vitest';
import { packChanges, unpackChanges } from '../../src/graph/delta.ts';
import { type DriveItem, plainItem } from '../../src/graph/drive-item.ts';
import { normalizeItem } from '../../src/graph/normalize.ts';

it('packs changes into a text with all that they say of an item', () => {
  const wire = {
    ...{ id: '01ABC', name: 'Ä b.txt', size: 5, eTag: '"{01ABC},3"', cTag: '"c:{01ABC},7"' },
    fileSystemInfo: { createdDateTime: '2026-01-02T03:04:05Z', lastModifiedDateTime: '2026-02-03T04:05:06Z' },
    file: { mimeType: 'text/plain', hashes: { quickXorHash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } },
    parentReference: { id: '01ROOT', path: '/drives/d/root:' },
  };
  const item = normalizeItem(wire);
  const shortcut = normalizeItem({
    ...{ id: '01DEF', name: 's', remoteItem: { id: 'x', folder: {}, parentReference: { driveId: 'other' } } },
  });
  const changes = [item, shortcut].map(each => ({ ...whereOf(each), item: each }));
  const gone = { id: '01GHI', kind: 'folder', isRoot: false, parentId: undefined, item: undefined } as const;
  const unpacked = unpackChanges(packChanges([...changes, gone]));
  expect(unpacked.map(each => each.item && plainItem(each.item))).toEqual([
    plainItem(item),
    plainItem(shortcut),
    undefined,
  ]);
  expect(unpacked).toEqual([...changes, gone]);
});

function whereOf({ id, kind, parentId }: DriveItem) {
  return { id, kind, isRoot: false, parentId };
}
