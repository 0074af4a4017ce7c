import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemId } from '../../src/emulator/ids.ts';
import { changedItem, type DriveItem, foldedNameOf, shortTagOf, versionKeyOf } from '../../src/graph/drive-item.ts';
import { packTag, unpackTag } from '../../src/graph/item-tags.ts';
import { normalizeItem } from '../../src/graph/normalize.ts';
import { foldName } from '../../src/lib/fold-name.ts';

/** The samples of the Graph docs, "driveItem resource type". */
const ID = '01NKDM7HMOJTVYMDOSXFDK2QJDXCDI3WUK';
const GUID = '86EB4C8E-D20D-46B9-AD41-23B8868DDA8A';

describe('tags', () => {
  it('of OneDrive for Business are kept as their number, and come back to the letter', () => {
    expect(packTag('eTag', ID, `"{${GUID}},12"`)).toBe(12);
    expect(packTag('cTag', ID, `"c:{${GUID}},3"`)).toBe(3);
    expect(unpackTag('eTag', ID, 12)).toBe(`"{${GUID}},12"`);
    expect(unpackTag('cTag', ID, 3)).toBe(`"c:{${GUID}},3"`);
  });

  it.each([
    ['another GUID', ID, `"{${GUID.replace('8A', '8B')}},12"`],
    ['lower case', ID, `"{${GUID.toLowerCase()}},12"`],
    ['a number with a zero before it', ID, `"{${GUID}},012"`],
    ['no number', ID, `"{${GUID}},"`],
    ['a number that is not whole', ID, `"{${GUID}},1.5"`],
    ['more behind the number', ID, `"{${GUID}},1 "`],
    ['an id of another form', 'item', `"{${GUID}},12"`],
    ['an id in lower case', ID.toLowerCase(), `"{${GUID}},12"`],
    ['the other kind', ID, `"c:{${GUID}},12"`],
    ['a weak one', ID, `W/"{${GUID}},12"`],
    ['none', ID, ''],
  ])('with %s are kept as they are', (_, id, tag) => {
    expect(packTag('eTag', id, tag)).toBe(tag);
  });

  it('of any item with an id of that form come back to the letter', () => {
    const hex = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(hex, fc.uuid(), fc.nat(), (driveTag, guid, number) => {
        const id = itemId(driveTag, guid);
        const tag = `"{${guid.toUpperCase()}},${number}"`;
        expect(packTag('eTag', id, tag)).toBe(number);
        expect(unpackTag('eTag', id, number)).toBe(tag);
      }),
    );
  });
});

describe('an item', () => {
  const wire = {
    ...{ id: ID, name: 'Übersicht ("Q1") é.TXT', size: 5_000_000_000, eTag: `"{${GUID}},12"`, cTag: `"c:{${GUID}},3"` },
    ...{ createdDateTime: '1601-01-02T03:04:05Z', lastModifiedDateTime: '2040-05-06T07:08:09Z' },
    file: { mimeType: 'text/plain', hashes: { quickXorHash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } },
    parentReference: { id: 'parent', path: '/drives/d/root:/a' },
    '@microsoft.graph.downloadUrl': 'https://host/x',
  };
  const shown: DriveItem = {
    ...{ kind: 'file', id: ID, name: wire.name, size: wire.size, childCount: undefined, treeSize: undefined },
    ...{ eTag: wire.eTag, cTag: wire.cTag, created: new Date('1601-01-02T03:04:05Z') },
    ...{ modified: new Date('2040-05-06T07:08:09Z'), mimeType: 'text/plain', parentId: 'parent' },
    ...{ quickXorHash: wire.file.hashes.quickXorHash, parentPath: '/drives/d/root:/a', downloadUrl: 'https://host/x' },
    ...{ isShortcut: false, target: undefined },
  };
  const keys = Object.keys(shown) as (keyof DriveItem)[];
  const read = (item: DriveItem) => Object.fromEntries(keys.map(key => [key, item[key]]));

  it('has every property as Graph shows it', () => {
    expect(read(normalizeItem(wire))).toEqual(shown);
    const { file: _, cTag: __, ...folder } = { ...wire, folder: { childCount: 7 }, size: 9 };
    const asFolder = { kind: 'folder', size: 0, childCount: 7, treeSize: 9, cTag: undefined };
    const fileOnly = { mimeType: undefined, quickXorHash: undefined };
    expect(read(normalizeItem(folder))).toEqual({ ...shown, ...asFolder, ...fileOnly });
    const remoteItem = { id: 'r', parentReference: { driveId: 'd' }, folder: {} };
    expect(normalizeItem({ id: 's', name: 's', remoteItem })).toMatchObject({ facts: { isShortcut: true } });
    expect(normalizeItem({ id: 's', name: 's', remoteItem }).target).toEqual({ driveId: 'd', id: 'r' });
  });

  it('has every property in a copy, but those that are changed', () => {
    expect(read(changedItem(normalizeItem(wire), { size: 1, downloadUrl: undefined }))).toEqual({
      ...shown,
      ...{ size: 1, downloadUrl: undefined },
    });
    expect(read(changedItem(shown, {}))).toEqual(shown);
  });

  it('has its name as it is spelled, whatever letters it has', () => {
    const ascii = fc.string({ unit: fc.constantFrom(...'aZ09 ._-~[]{}'), minLength: 1, maxLength: 70 });
    fc.assert(
      fc.property(fc.oneof(ascii, fc.string({ unit: 'grapheme', minLength: 1 })), name => {
        const item = changedItem(shown, { name });
        expect([item.name, foldedNameOf(item)]).toEqual([name, foldName(name)]);
      }),
    );
  });

  it('has one short tag and one key for each version of its content', () => {
    const file = normalizeItem(wire);
    const { cTag: _, ...withoutCTag } = wire;
    expect([shortTagOf(file), shortTagOf(shown), shortTagOf(normalizeItem(withoutCTag))]).toEqual(['c3', 'c3', 'e12']);
    expect(shortTagOf(normalizeItem({ ...wire, cTag: 'c3' }))).toBeUndefined();
    const keys = [wire, { ...wire, cTag: 'c3' }, withoutCTag, { ...wire, cTag: `"c:{${GUID}},4"` }];
    expect(new Set(keys.map(each => versionKeyOf(normalizeItem(each)))).size).toBe(4);
  });
});
