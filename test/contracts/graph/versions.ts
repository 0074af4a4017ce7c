import { expect } from 'vitest';
import { expectAnswer, type Item, oneOf, pageOf, REFUSED, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

interface Version {
  readonly id: string;
  readonly size: number;
  readonly lastModifiedDateTime: string;
}

const CONTENTS = ['1', '22', '333'];

/** A file that was written three times. */
async function thrice(bench: Bench): Promise<Item> {
  const folder = await bench.folder();
  let file: Item | undefined;
  for (const content of CONTENTS) {
    file = await bench.file(folder, 'a.txt', content);
  }
  return file!;
}

async function versionsOf(bench: Bench, file: Item): Promise<Version[]> {
  return pageOf<Version>(await bench.graph('GET', `${bench.item(file)}/versions`)).value;
}

/** The versions, the newest first, as soon as there are three. */
async function three(bench: Bench, file: Item): Promise<[Version, Version, Version]> {
  return bench.eventually(async () => {
    const versions = await versionsOf(bench, file);
    expect(versions).toHaveLength(3);
    return versions as [Version, Version, Version];
  });
}

export const VERSIONS: ContractCase[] = [
  {
    it: 'a new file has one version',
    source: '§2.14 [DOC driveitem-list-versions]',
    run: async bench => {
      const file = await bench.file(await bench.folder(), 'a.txt', 'hello');
      expect(await versionsOf(bench, file)).toMatchObject([{ id: '1.0', size: 5 }]);
    },
  },
  {
    it: 'each content is a version, the newest first',
    source: '§2.14 [DOC driveitem-list-versions]',
    run: async bench => {
      const versions = await three(bench, await thrice(bench));
      expect(versions.map(({ id, size }) => [id, size])).toEqual([
        ['3.0', 3],
        ['2.0', 2],
        ['1.0', 1],
      ]);
      expect(versions.every(version => Date.parse(version.lastModifiedDateTime) > 0)).toBe(true);
    },
  },
  {
    it: 'a new mtime is a version',
    source: '§2.10 [OBS rclone docs]: Business',
    run: async bench => {
      const file = await bench.file(await bench.folder(), 'a.txt', 'hello');
      const fileSystemInfo = { lastModifiedDateTime: '2001-02-03T04:05:06Z' };
      expectAnswer(await bench.patch(file, { fileSystemInfo }), 200);
      await bench.eventually(async () => expect(await versionsOf(bench, file)).toHaveLength(2));
    },
  },
  {
    it: 'a version is found by its id',
    source: '§2.14 [DOC driveitemversion-get]',
    run: async bench => {
      const file = await thrice(bench);
      const [, second] = await three(bench, file);
      const answer = await bench.graph('GET', `${bench.item(file)}/versions/${second.id}`);
      expectAnswer(answer, 200);
      expect(JSON.parse(textOf(answer))).toMatchObject({ id: second.id, size: 2 });
    },
  },
  {
    it: 'the content of an old version is 302 to it',
    source: '§2.14 [DOC driveitemversion-get-contents]',
    run: async bench => {
      const file = await thrice(bench);
      const [, , first] = await three(bench, file);
      const answer = await bench.graph('GET', `${bench.item(file)}/versions/${first.id}/content`);
      expectAnswer(answer, 302);
      expect(textOf(await bench.open('GET', answer.headers.get('Location')!))).toBe('1');
    },
  },
  {
    it: 'restoreVersion makes the old content the new one',
    source: 'learn "driveItemVersion: restoreVersion" [DOC]: 204',
    run: async bench => {
      const file = await thrice(bench);
      const [, , first] = await three(bench, file);
      expectAnswer(await bench.graph('POST', `${bench.item(file)}/versions/${first.id}/restoreVersion`), 204);
      await bench.eventually(async () => expect(textOf(await bench.download(file))).toBe('1'));
      await bench.eventually(async () => expect(await versionsOf(bench, file)).toHaveLength(4));
    },
  },
  {
    it: 'an old version is deleted and the file stays',
    source: '§2.14 [OBS rclone --onedrive-no-versions]',
    run: async bench => {
      const file = await thrice(bench);
      const [, second] = await three(bench, file);
      expectAnswer(await bench.graph('DELETE', `${bench.item(file)}/versions/${second.id}`), 204);
      await bench.eventually(async () =>
        expect((await versionsOf(bench, file)).map(version => version.id)).toEqual(['3.0', '1.0']),
      );
      expect(textOf(await bench.download(file))).toBe('333');
    },
  },
  {
    it: 'the version of now is not deleted',
    source: '§2.14 [OBS rclone]: it leaves the first of the list out, for that one is refused',
    run: async bench => {
      const file = await thrice(bench);
      const [newest] = await three(bench, file);
      expectAnswer(await bench.graph('DELETE', `${bench.item(file)}/versions/${newest.id}`), REFUSED);
      expect(textOf(await bench.download(file))).toBe('333');
    },
  },
  ...answerCases([
    {
      it: 'a version that is not there is itemNotFound',
      source: '§3.1 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => bench.graph('GET', `${bench.item(await thrice(bench))}/versions/9.0`),
    },
    {
      it: 'a version that is not there is not restored',
      source: '§3.1 [DOC]',
      status: oneOf(400, 404),
      ask: async bench => bench.graph('POST', `${bench.item(await thrice(bench))}/versions/9.0/restoreVersion`),
    },
  ]),
];
