import { expect } from 'vitest';
import { type Answer, expectAnswer, type Item, itemOf, jsonOf, oneOf, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';
import { twoFolders } from './two-folders.ts';

interface Progress {
  readonly status?: string;
  readonly resourceId?: string;
  readonly error?: { readonly code?: string };
  readonly errorCode?: string;
}

interface CopyOptions {
  readonly name: string;
  readonly parent?: object;
  readonly conflictBehavior?: string;
}

/** A copy, into the folder of the item by default. */
function copy(bench: Bench, item: Item, { name, parent, conflictBehavior = 'fail' }: CopyOptions): Promise<Answer> {
  const json = { name, ...(parent && { parentReference: parent }) };
  const path = `${bench.item(item)}/copy?@microsoft.graph.conflictBehavior=${conflictBehavior}`;
  return bench.graph('POST', path, { json });
}

/** Asks the monitor, without a token, until the copy is at its end. 200, 202 and 303 are all documented (§2.12). */
async function outcome(bench: Bench, accepted: Answer): Promise<Progress> {
  expectAnswer(accepted, 202);
  const monitor = accepted.headers.get('Location')!;
  return bench.eventually(async () => {
    const answer = await bench.open('GET', monitor);
    expectAnswer(answer, oneOf(200, 202, 303));
    const progress = answer.status === 303 ? { status: 'completed' } : jsonOf<Progress>(answer);
    expect(['completed', 'failed']).toContain(progress.status);
    return progress;
  });
}

function into(bench: Bench, folder: Item): object {
  return { driveId: bench.driveId, id: folder.id };
}

export const COPIES: ContractCase[] = [
  {
    it: 'a copy is accepted with a monitor on another host and an empty body',
    source: '§2.12 [DOC; OBS ODD#980]',
    run: async bench => {
      const { file } = await twoFolders(bench);
      const answer = await copy(bench, file, { name: 'b.txt' });
      expectAnswer(answer, 202);
      expect(answer.bytes.length).toBe(0);
      expect(new URL(answer.headers.get('Location')!).host).not.toBe(new URL(bench.target.baseUrl).host);
    },
  },
  {
    it: 'the monitor needs no token and names the copy at the end',
    source: '§2.12 [DOC]',
    run: async bench => {
      const { from, to, file } = await twoFolders(bench);
      const progress = await outcome(bench, await copy(bench, file, { name: 'b.txt', parent: into(bench, to) }));
      expect(progress.status).toBe('completed');
      const [made] = await bench.eventually(async () => {
        const items = await bench.list(to);
        expect(items).toHaveLength(1);
        return items;
      });
      expect(made).toMatchObject({ name: 'b.txt', size: 5 });
      expect([undefined, made!.id]).toContain(progress.resourceId);
      await bench.expectNames(from, ['a.txt']);
    },
  },
  {
    it: 'a copy comes to its end without a look at the monitor, and once',
    source: '§2.12 [DOC]: the service works on it',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      expectAnswer(await copy(bench, file, { name: 'b.txt', parent: into(bench, to) }), 202);
      await bench.expectNames(to, ['b.txt']);
    },
  },
  {
    it: 'many looks at the monitor copy once',
    source: '§2.12 [DOC]: a GET changes nothing',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      const accepted = await copy(bench, file, { name: 'b.txt', parent: into(bench, to), conflictBehavior: 'rename' });
      await Promise.all([outcome(bench, accepted), outcome(bench, accepted), outcome(bench, accepted)]);
      await bench.expectNames(to, ['b.txt']);
    },
  },
  {
    it: 'a copy beside its source',
    source: '§2.12 [DOC]: parentReference may be left out',
    run: async bench => {
      const { from, file } = await twoFolders(bench);
      await outcome(bench, await copy(bench, file, { name: 'b.txt' }));
      await bench.expectNames(from, ['a.txt', 'b.txt']);
    },
  },
  {
    it: 'parentReference.path names the folder',
    source: '§2.12 [DOC itemReference]',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      const path = `${(await bench.read(to)).parentReference.path}/to`;
      const accepted = await copy(bench, file, { name: 'b.txt', parent: { driveId: bench.driveId, path } });
      expect((await outcome(bench, accepted)).status).toBe('completed');
      await bench.expectNames(to, ['b.txt']);
    },
  },
  {
    it: 'the copy has the content and the hash of its source, tags and id of its own',
    source: '§2.12 [DOC]; §2.5',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      await outcome(bench, await copy(bench, file, { name: 'a.txt', parent: into(bench, to) }));
      const source = await bench.read(file);
      const made = await bench.eventually(async () => itemOf(await bench.graph('GET', bench.child(to, 'a.txt'))));
      expect(made.file?.hashes?.quickXorHash).toBe(source.file?.hashes?.quickXorHash);
      expect(textOf(await bench.download(made))).toBe('hello');
      expect([made.id === source.id, made.eTag === source.eTag]).toEqual([false, false]);
    },
  },
  {
    it: 'the mtime is not copied',
    source: '§2.12 [OBS rclone Copy]',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      const lastModifiedDateTime = '2001-02-03T04:05:06Z';
      expectAnswer(await bench.patch(file, { fileSystemInfo: { lastModifiedDateTime } }), 200);
      await outcome(bench, await copy(bench, file, { name: 'a.txt', parent: into(bench, to) }));
      const made = await bench.eventually(async () => itemOf(await bench.graph('GET', bench.child(to, 'a.txt'))));
      expect(made.fileSystemInfo?.lastModifiedDateTime).not.toBe(lastModifiedDateTime);
    },
  },
  {
    it: 'a folder is copied with all that is in it',
    source: '§2.12 [DOC]',
    run: async bench => {
      const { from, to } = await twoFolders(bench);
      await bench.file(await bench.makeFolder(from, 'deep'), 'b.txt', 'below');
      await outcome(bench, await copy(bench, from, { name: 'copy', parent: into(bench, to) }));
      const path = `${bench.item(to)}:/copy/deep/b.txt:`;
      const made = await bench.eventually(async () => itemOf(await bench.graph('GET', path)));
      expect(textOf(await bench.download(made))).toBe('below');
      await bench.expectNames(from, ['a.txt', 'deep']);
    },
  },
  {
    it: 'a name that is taken is accepted, and fails in the monitor',
    source: '§2.12 [DOC]: errors are asynchronous',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      const there = await bench.file(to, 'a.txt', 'there');
      const progress = await outcome(bench, await copy(bench, file, { name: 'a.txt', parent: into(bench, to) }));
      expect(progress.status).toBe('failed');
      expect((progress.error?.code ?? progress.errorCode)?.toLowerCase()).toBe('namealreadyexists');
      expect(textOf(await bench.download(there))).toBe('there');
    },
  },
  {
    it: 'conflictBehavior=rename makes a second file',
    source: '§2.12 [DOC]',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      await bench.file(to, 'a.txt', 'there');
      const parent = into(bench, to);
      await outcome(bench, await copy(bench, file, { name: 'a.txt', parent, conflictBehavior: 'rename' }));
      await bench.expectNames(to, ['a 1.txt', 'a.txt']);
    },
  },
  {
    it: 'conflictBehavior=replace replaces a file',
    source: '§2.12 [DOC driveitem-copy]: files only',
    run: async bench => {
      const { to, file } = await twoFolders(bench);
      await bench.file(to, 'a.txt', 'there');
      const parent = into(bench, to);
      await outcome(bench, await copy(bench, file, { name: 'a.txt', parent, conflictBehavior: 'replace' }));
      await bench.expectChildren(to, [{ name: 'a.txt', size: 5 }]);
    },
  },
  {
    it: 'conflictBehavior=replace fails on a folder and keeps what is in it',
    source: '§2.12 [DOC]: a folder clash under replace fails',
    run: async bench => {
      const { from, to } = await twoFolders(bench);
      const there = await bench.makeFolder(to, 'from');
      await bench.file(there, 'inside.txt');
      const parent = into(bench, to);
      const accepted = await copy(bench, from, { name: 'from', parent, conflictBehavior: 'replace' });
      expect((await outcome(bench, accepted)).status).toBe('failed');
      await bench.expectNames(there, ['inside.txt']);
    },
  },
  ...answerCases([
    {
      it: 'a source that is gone is itemNotFound',
      source: '§3.1 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => {
        const { file } = await twoFolders(bench);
        await bench.graph('DELETE', bench.item(file));
        return copy(bench, file, { name: 'b.txt' });
      },
    },
    {
      it: 'a destination that is gone is refused',
      source: '§2.12 [OBS OG]: 404 "Failed to verify the existence of destination location"',
      status: oneOf(400, 404),
      ask: async bench => {
        const { to, file } = await twoFolders(bench);
        await bench.graph('DELETE', bench.item(to));
        return copy(bench, file, { name: 'b.txt', parent: into(bench, to) });
      },
    },
    {
      it: 'an unknown conflictBehavior is refused',
      source: '§2.12 [DOC]; §3.1 invalidRequest',
      status: 400,
      ask: async bench => copy(bench, (await twoFolders(bench)).file, { name: 'b.txt', conflictBehavior: 'overwrite' }),
    },
  ]),
];
