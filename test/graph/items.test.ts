import { describe, expect, it } from 'vitest';
import type { CallGraph } from '../../src/graph/client.ts';
import { getItemWithMembers } from '../../src/graph/items.ts';
import { normalizeItem } from '../../src/graph/normalize.ts';

const { signal } = new AbortController();
const MEMBER = { id: 'member', name: 'member', file: {}, size: 1 };

/** A Graph that gives one answer. */
const answering = (json: unknown): CallGraph => (async () => ({ status: 200, json })) as unknown as CallGraph;

describe('a folder with its members', () => {
  const look = (more: object) => {
    const json = { id: 'folder', name: 'folder', folder: { childCount: 1 }, children: [MEMBER], ...more };
    return getItemWithMembers(answering(json), { driveId: 'drive', id: 'folder' }, signal);
  };

  it('has all its members', async () => {
    expect((await look({})).members).toEqual([normalizeItem(MEMBER)]);
    expect((await look({ children: [], folder: { childCount: 0 } })).members).toEqual([]);
  });

  it.each([
    ['there is a link to more', { 'children@odata.nextLink': 'https://graph.microsoft.com/next' }],
    ['Graph counts more than it shows', { folder: { childCount: 2 } }],
    ['Graph shows more than it counts', { folder: { childCount: 0 } }],
    ['Graph does not count', { folder: {} }],
    ['Graph has left them out', { children: undefined }],
    ['it is a file', { folder: undefined, file: {} }],
    ['it is a shortcut', { remoteItem: { id: 'there', folder: {} } }],
  ])('is not believed to be whole when %s', async (_, more) => {
    const { item, members } = await look(more);
    expect([item.id, members]).toEqual(['folder', undefined]);
  });

  it.each([undefined, null, {}, []])('is refused when the answer is %j', async json => {
    const answer = getItemWithMembers(answering(json), { driveId: 'drive', id: 'folder' }, signal);
    await expect(answer).rejects.toMatchObject({ name: 'GraphError', kind: 'protocol' });
  });
});
