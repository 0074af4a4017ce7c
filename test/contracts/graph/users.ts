import { expect } from 'vitest';
import { expectAnswer, jsonOf, oneOf, pageOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';

interface User {
  readonly id: string;
  readonly userPrincipalName: string;
}

interface Drive {
  readonly id: string;
  readonly driveType: string;
  readonly webUrl: string;
  readonly owner: { user: { id: string } };
  readonly quota: { total: number; used: number; remaining: number; state: string };
}

const DEFAULT_PROPERTIES = [
  ...['businessPhones', 'displayName', 'givenName', 'id', 'jobTitle', 'mail', 'mobilePhone', 'officeLocation'],
  ...['preferredLanguage', 'surname', 'userPrincipalName'],
];

/** A large tenant's users are not read to the end. */
const MAX_PAGES = 5;

async function userOf(bench: Bench): Promise<User> {
  return jsonOf<User>(await bench.graph('GET', `/users/${encodeURIComponent(bench.target.mailbox)}`));
}

const DRIVES = [
  ['by UPN', async (bench: Bench) => `/users/${bench.target.mailbox}/drive`],
  ['by an encoded UPN', async (bench: Bench) => `/users/${encodeURIComponent(bench.target.mailbox)}/drive`],
  ['by the id of the user', async (bench: Bench) => `/users/${(await userOf(bench)).id}/drive`],
  ['by key syntax', async (bench: Bench) => `/users('${bench.target.mailbox}')/drive`],
  ['by its own id', async (bench: Bench) => bench.drive],
  ['by its own id and a slash', async (bench: Bench) => `${bench.drive}/`],
  ['by key syntax of its own id', async (bench: Bench) => `/drives('${bench.driveId}')`],
] as const;

export const USERS: ContractCase[] = [
  {
    it: 'a user by UPN has the default properties',
    source: '§2.1 [DOC]',
    run: async bench => {
      const user = await userOf(bench);
      expect(Object.keys(user).filter(key => !key.startsWith('@'))).toEqual(expect.arrayContaining(DEFAULT_PROPERTIES));
      expect(user.userPrincipalName.toLowerCase()).toBe(bench.target.mailbox.toLowerCase());
    },
  },
  {
    it: 'a user by id is the user by UPN',
    source: '§2.1 [DOC]',
    run: async bench => {
      const { id } = await userOf(bench);
      expect(jsonOf<User>(await bench.graph('GET', `/users/${id}`)).id).toBe(id);
    },
  },
  {
    it: '$select gives what it names and nothing else',
    source: '§2.1 [DOC]',
    run: async bench => {
      const answer = await bench.graph('GET', `/users/${bench.target.mailbox}?$select=id,userPrincipalName`);
      const keys = Object.keys(jsonOf(answer)).filter(key => !key.startsWith('@'));
      expect(keys.sort()).toEqual(['id', 'userPrincipalName']);
    },
  },
  ...['/users', '//users'].map(path => ({
    it: `${path} lists users`,
    source: path === '/users' ? '§2.1 [DOC]' : "Later findings: Microsoft's Python SDK 1.65 [OBS]",
    run: async (bench: Bench) => {
      const { value } = pageOf<User>(await bench.graph('GET', `${path}?$select=id,userPrincipalName`));
      expect(value[0]).toEqual({ id: expect.any(String), userPrincipalName: expect.stringContaining('@') });
    },
  })),
  {
    it: '$top bounds a page and nextLinks lead through all users without duplicates',
    source: '§2.1 [DOC]: nextLink carries $skiptoken',
    run: async bench => {
      const pages = await bench.pages<User>('/users?$select=id&$top=1', MAX_PAGES);
      const ids = pages.flatMap(page => page.value.map(user => user.id));
      expect(pages.every(page => page.value.length <= 1)).toBe(true);
      expect(new Set(ids).size).toBe(ids.length);
      const next = pages.flatMap(page => page['@odata.nextLink'] ?? []);
      expect(next.every(link => decodeURIComponent(link).includes('$skiptoken='))).toBe(true);
    },
  },
  {
    it: '$filter by UPN finds the one user',
    source: '§2.1 [DOC]',
    run: async bench => {
      const filter = encodeURIComponent(`userPrincipalName eq '${bench.target.mailbox}'`);
      const { value } = pageOf<User>(await bench.graph('GET', `/users?$filter=${filter}&$select=id`));
      expect(value).toEqual([{ id: (await userOf(bench)).id }]);
    },
  },
  {
    it: '$count=true with ConsistencyLevel gives the number of users',
    source: '§2.1 [DOC]: advanced queries',
    run: async bench => {
      const headers = { ConsistencyLevel: 'eventual' };
      const answer = await bench.graph('GET', '/users?$count=true&$top=1&$select=id', { headers });
      expect(jsonOf(answer)['@odata.count']).toBeGreaterThanOrEqual(1);
    },
  },
  ...answerCases([
    {
      it: 'an unknown user is Request_ResourceNotFound',
      source: '§2.1 [OBS: code in corso]',
      status: 404,
      code: 'Request_ResourceNotFound',
      ask: bench => bench.graph('GET', `/users/nobody.${bench.target.mailbox}`),
    },
    {
      it: 'an unknown user has no drive',
      source: '§2.1, §2.2 [OBS]',
      status: 404,
      ask: bench => bench.graph('GET', `/users/nobody.${bench.target.mailbox}/drive`),
    },
    {
      it: '$skip is refused',
      source: '§2.1 [DOC]: $skip is not supported',
      status: 400,
      ask: bench => bench.graph('GET', '/users?$skip=1'),
    },
    {
      it: '$top above 999 is refused',
      source: '§2.1 [BG]; learn "List users": the maximum page size is 999',
      status: 400,
      ask: bench => bench.graph('GET', '/users?$top=1000'),
    },
    {
      it: 'endsWith without ConsistencyLevel is refused',
      source: '§2.1 [DOC]',
      status: 400,
      ask: bench => bench.graph('GET', `/users?$filter=${encodeURIComponent("endsWith(mail,'a')")}&$count=true`),
    },
    {
      it: 'mySite in the $select of the collection is 501',
      source: '§2.1 [DOC]',
      status: 501,
      ask: bench => bench.graph('GET', '/users?$select=mySite'),
    },
    {
      it: 'an unknown property in $select is refused',
      source: 'learn "Use query parameters"; OData 4.01 §5.1.3',
      // A program that does not know whether Graph has the property may answer 501.
      status: oneOf(400, 501),
      ask: bench => bench.graph('GET', '/users?$select=nosuchproperty'),
    },
  ]),
  ...DRIVES.map(([name, path]) => ({
    it: `the drive of a user, ${name}`,
    source: '§2.2 [DOC]; Later findings [OBS] for the slash; OData 4.01 URL conventions §4.3 for keys',
    run: async (bench: Bench) => {
      const answer = await bench.graph('GET', await path(bench));
      expectAnswer(answer, 200);
      const drive = jsonOf<Drive>(answer);
      expect(drive).toMatchObject({
        id: bench.driveId,
        driveType: 'business',
        webUrl: expect.stringMatching(/^https:/),
      });
      expect(drive.owner.user.id).toBe((await userOf(bench)).id);
    },
  })),
  {
    it: 'the id of a drive is "b!" and 64 characters of base64url',
    source: '§2.0 [VER]',
    run: async bench => {
      expect(bench.driveId).toMatch(/^b![\w-]{64}$/);
    },
  },
  {
    it: 'the quota grows with an upload',
    source: '§2.2 [DOC]',
    run: async bench => {
      const quota = async () => jsonOf<Drive>(await bench.graph('GET', bench.drive)).quota;
      const before = await quota();
      await bench.file(await bench.folder(), 'large.bin', new Uint8Array(100_000));
      await bench.eventually(async () => {
        const after = await quota();
        expect(after.used - before.used).toBeGreaterThanOrEqual(100_000);
        expect(after.remaining).toBeLessThan(before.remaining);
        expect(['normal', 'nearing', 'critical', 'exceeded']).toContain(after.state);
      });
    },
  },
];
