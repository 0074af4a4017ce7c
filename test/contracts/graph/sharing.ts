import { expect } from 'vitest';
import { type Answer, expectAnswer, type Item, jsonOf, oneOf, pageOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

interface Permission {
  readonly id: string;
  readonly roles: string[];
  readonly link?: { readonly type: string; readonly scope: string; readonly webUrl: string };
}

/** The scope `organization` works wherever sharing does; an administrator may switch `anonymous` off. */
function createLink(bench: Bench, item: Item, type: string): Promise<Answer> {
  return bench.graph('POST', `${bench.item(item)}/createLink`, { json: { type, scope: 'organization' } });
}

/** The permission that a new or known link is. */
function linkOf(answer: Answer): Permission {
  expectAnswer(answer, oneOf(200, 201));
  return jsonOf<Permission>(answer);
}

async function permissionsOf(bench: Bench, item: Item): Promise<Permission[]> {
  return pageOf<Permission>(await bench.graph('GET', `${bench.item(item)}/permissions`)).value;
}

async function fileIn(bench: Bench): Promise<Item> {
  return bench.file(await bench.folder(), 'a.txt', 'hello');
}

const LINK = '§2.14 [DOC driveitem-createlink]';

export const SHARING: ContractCase[] = [
  ...[
    ['view', 'read'],
    ['edit', 'write'],
  ].map(([type, role]) => ({
    it: `a link to ${type} is 201 with its permission`,
    source: LINK,
    run: async (bench: Bench) => {
      const answer = await createLink(bench, await fileIn(bench), type!);
      expectAnswer(answer, 201);
      const permission = jsonOf<Permission>(answer);
      expect(permission).toMatchObject({
        id: expect.any(String),
        roles: [role],
        link: { type, scope: 'organization' },
      });
      expect(permission.link!.webUrl).toMatch(/^https:/);
    },
  })),
  {
    it: 'the same link again is 200 and the same permission',
    source: LINK,
    run: async bench => {
      const file = await fileIn(bench);
      const first = linkOf(await createLink(bench, file, 'view'));
      const again = await createLink(bench, file, 'view');
      expectAnswer(again, 200);
      expect(jsonOf<Permission>(again)).toMatchObject({ id: first.id, link: { webUrl: first.link!.webUrl } });
    },
  },
  {
    it: 'links of two types are two permissions',
    source: LINK,
    run: async bench => {
      const file = await fileIn(bench);
      const ids = [];
      for (const type of ['view', 'edit']) {
        ids.push(linkOf(await createLink(bench, file, type)).id);
      }
      expect(new Set(ids).size).toBe(2);
    },
  },
  {
    it: 'a link to a folder',
    source: LINK,
    run: async bench => {
      expectAnswer(await createLink(bench, await bench.folder(), 'view'), 201);
    },
  },
  {
    it: 'a link is among the permissions of the item, and gets found by its id',
    source: '§2.14 [DOC driveitem-list-permissions, permission-get]',
    run: async bench => {
      const file = await fileIn(bench);
      const { id } = linkOf(await createLink(bench, file, 'view'));
      await bench.eventually(async () =>
        expect((await permissionsOf(bench, file)).map(permission => permission.id)).toContain(id),
      );
      const answer = await bench.graph('GET', `${bench.item(file)}/permissions/${id}`);
      expect(jsonOf<Permission>(answer)).toMatchObject({ id, link: { type: 'view' } });
    },
  },
  {
    it: 'a permission is deleted: 204, and the item stays',
    source: '§2.14 [DOC permission-delete]',
    run: async bench => {
      const file = await fileIn(bench);
      const { id } = linkOf(await createLink(bench, file, 'view'));
      expectAnswer(await bench.graph('DELETE', `${bench.item(file)}/permissions/${id}`), 204);
      await bench.eventually(async () =>
        expect((await permissionsOf(bench, file)).map(permission => permission.id)).not.toContain(id),
      );
      expect(await bench.read(file)).toMatchObject({ id: file.id, name: 'a.txt' });
    },
  },
  ...answerCases([
    {
      it: 'a link of an unknown type is refused',
      source: `${LINK}; §3.1 invalidRequest`,
      status: 400,
      ask: async bench => createLink(bench, await fileIn(bench), 'devour'),
    },
    {
      it: 'a permission that is not there is not found',
      source: '§3.1 [DOC]',
      status: oneOf(400, 404),
      ask: async bench => bench.graph('GET', `${bench.item(await fileIn(bench))}/permissions/nonsense`),
    },
    {
      it: 'a link to what is gone is itemNotFound',
      source: '§3.1 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => {
        const file = await fileIn(bench);
        await bench.graph('DELETE', bench.item(file));
        return createLink(bench, file, 'view');
      },
    },
  ]),
];
