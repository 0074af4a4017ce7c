import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDrive } from '../../../src/drive/memory-drive.ts';
import { type Dav, type DavAnswer, davClient, hrefsOf } from '../../support/dav-client.ts';
import { withFaults } from '../../support/faulty-drive.ts';
import { type FrontDoorTest, startFrontDoor } from '../../support/front-door.ts';
import { failedConditions, lockInfo, locksOn, takeLock, tokenIn, unlock } from '../../support/locks.ts';
import { PASSWORD } from '../../support/passwords.ts';
import { propfind, proppatch, set, textOf } from '../../support/properties.ts';

let door: FrontDoorTest;
let ada: Dav;
let bob: Dav;
let folders = 0;

beforeAll(async () => {
  const user = (name: string) => ({
    name,
    mounts: '*' as const,
    access: 'write' as const,
  });
  const mounts = ['m', 'other'].map(name => ({ name, drive: createMemoryDrive(), readOnly: false }));
  door = await startFrontDoor({ mounts, users: [user('ada'), user('bob')] });
  const as = (name: string) => davClient({ url: door.url, user: name, password: PASSWORD });
  [ada, bob] = [as('ada'), as('bob')];
});
afterAll(async () => {
  await door?.stop();
});

/** A folder of its own: `file` · `free` · `box/member` · `box/sub/deep`. */
async function folder(): Promise<string> {
  folders += 1;
  const at = `/m/${folders}`;
  for (const name of ['', '/box', '/box/sub']) {
    await ada('MKCOL', `${at}${name}`);
  }
  for (const name of ['file', 'free', 'box/member', 'box/sub/deep']) {
    await ada('PUT', `${at}/${name}`, {}, name);
  }
  return at;
}

/** Requests in words: `MOVE file free` is a MOVE with that Destination, `LOCK` and `PROPPATCH` have a body. */
function ask(dav: Dav, at: string, words: string, headers: Record<string, string> = {}): Promise<DavAnswer> {
  const [method, name, to] = words.split(' ');
  const path = `${at}/${name}`;
  switch (method) {
    case 'PUT':
      return dav(method, path, headers, 'new');
    case 'LOCK':
      return dav(method, path, headers, lockInfo());
    case 'PROPPATCH':
      return proppatch(dav, path, set('<x:a>new</x:a>'), headers);
    default:
      return dav(method!, path, to === undefined ? headers : { Destination: `${at}/${to}`, ...headers });
  }
}

const read = async (path: string) => (await ada('GET', path)).text;
const exists = async (path: string) => (await ada('HEAD', path)).status === 200;
const blocked = (...hrefs: string[]) => ({ names: ['lock-token-submitted'], hrefs });

describe('a locked file (RFC 4918 §7)', () => {
  it.each(['PUT file', 'DELETE file', 'PROPPATCH file', 'MOVE file new', 'MOVE free file', 'COPY free file'])(
    'is not changed by %s without the token, not by its owner either; with it by the owner alone',
    async words => {
      const at = await folder();
      const token = await takeLock(ada, `${at}/file`);
      for (const dav of [ada, bob]) {
        const answer = await ask(dav, at, words);
        expect([answer.status, failedConditions(answer)]).toEqual([423, blocked(`${at}/file`)]);
      }
      const tagged = { If: `<${door.url}${at}/file> (<${token}>)` };
      expect([403, 423]).toContain((await ask(bob, at, words, tagged)).status);
      expect([await read(`${at}/file`), await exists(`${at}/new`)]).toEqual(['file', false]);
      expect(await locksOn(bob, `${at}/file`)).toMatchObject([{ token }]);
      expect([201, 204, 207]).toContain((await ask(ada, at, words, tagged)).status);
    },
  );

  it.each(['GET file', 'HEAD file', 'OPTIONS file', 'PROPFIND file', 'COPY file new'])(
    'does not hinder %s (§7.1)',
    async words => {
      const at = await folder();
      await takeLock(ada, `${at}/file`);
      expect([200, 201, 207]).toContain((await ask(bob, at, words, { Depth: '0' })).status);
    },
  );

  it('says in the body which one it is, as an XML error', async () => {
    const at = await folder();
    await takeLock(ada, `${at}/box/sub`);
    const answer = await ask(bob, at, 'PUT box/sub/deep');
    expect(answer.headers.get('content-type')).toMatch(/^(application|text)\/xml/);
    expect(failedConditions(answer)).toEqual(blocked(`${at}/box/sub`));
  });

  it('that is shared lets all its owners change the resource, and no other user', async () => {
    const at = await folder();
    const mine = await takeLock(ada, `${at}/file`, {}, 'shared');
    expect((await ask(bob, at, 'PUT file')).status).toBe(423);
    expect([403, 423]).toContain((await ask(bob, at, 'PUT file', { If: `(<${mine}>)` })).status);
    const yours = await takeLock(bob, `${at}/file`, {}, 'shared');
    expect((await ask(bob, at, 'PUT file', { If: `(<${yours}>)` })).status).toBe(204);
    expect((await ask(ada, at, 'PUT file', { If: `(<${mine}>)` })).status).toBe(204);
    expect((await ask(ada, at, 'PUT file')).status).toBe(423);
  });

  it('D9: keeps the folders above from being removed, moved and written over (§9.6.1)', async () => {
    for (const words of ['DELETE box', 'MOVE box new', 'COPY free box', 'MOVE free box']) {
      const at = await folder();
      const token = await takeLock(ada, `${at}/box/sub/deep`);
      for (const dav of [ada, bob]) {
        const { status, text } = await ask(dav, at, words);
        expect([207, 423]).toContain(status);
        expect(text).toContain(`<D:href>${at}/box/sub/deep</D:href>`);
      }
      expect([await read(`${at}/box/sub/deep`), await read(`${at}/free`)]).toEqual(['box/sub/deep', 'free']);
      const tagged = { If: `<${at}/box/sub/deep> (<${token}>)` };
      expect([403, 207, 423]).toContain((await ask(bob, at, words, tagged)).status);
      expect([201, 204]).toContain((await ask(ada, at, words, tagged)).status);
    }
  });

  it('needs the tokens of all locks in a tree that goes', async () => {
    const at = await folder();
    const [one, two] = [await takeLock(ada, `${at}/box/member`), await takeLock(ada, `${at}/box/sub/deep`)];
    const only = { If: `<${at}/box/member> (<${one}>)` };
    const answer = await ask(ada, at, 'DELETE box', only);
    expect([207, 423]).toContain(answer.status);
    expect(answer.text).toContain(`${at}/box/sub/deep`);
    const both = { If: `${only.If} <${at}/box/sub/deep> (<${two}>)` };
    expect((await ask(ada, at, 'DELETE box', both)).status).toBe(204);
    expect(await exists(`${at}/box/member`)).toBe(false);
  });
});

/** Resolves when a request that does not wait for anything has been answered: several that came later have been. */
const othersServed = (dav: Dav) => Array.fromAsync({ length: 10 }, () => dav('HEAD', '/m/'));

describe('a LOCK while the tree around it is written over', () => {
  it.each(['MOVE', 'COPY'] as const)('by %s is either refused or in force', async method => {
    const memory = createMemoryDrive();
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const transfer = method === 'MOVE' ? 'move' : 'copy';
    const slow = withFaults(memory, {
      [transfer]: async (...args: Parameters<typeof memory.copy>) => {
        begun.resolve();
        await gate.promise;
        return memory[transfer](...args);
      },
    });
    const other = await startFrontDoor({ drive: slow });
    try {
      const dav = davClient(other);
      for (const folder of ['from', 'to']) {
        await dav('MKCOL', `/m/${folder}`);
        await dav('PUT', `/m/${folder}/leaf`, {}, folder);
      }
      const changed = dav(method, '/m/from', { Destination: '/m/to' });
      await begun.promise;
      const locked = dav('LOCK', '/m/to/leaf', {}, lockInfo());
      await Promise.race([locked, othersServed(dav)]);
      gate.resolve();
      expect((await changed).status).toBe(204);
      const answer = await locked;
      const expected = answer.status < 300 ? [{ token: tokenIn(answer) }] : [];
      expect(await locksOn(dav, '/m/to/leaf')).toMatchObject(expected);
      expect((await dav('PUT', '/m/to/leaf', {}, 'mine')).status).toBe(answer.status < 300 ? 423 : 204);
    } finally {
      gate.resolve();
      await other.stop();
    }
  });
});

it('a PROPPATCH that is under way when a lock is given is seen by its holder, or not done', async () => {
  const memory = createMemoryDrive();
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const drive = withFaults(memory, {
    setTimes: async (...args) => {
      begun.resolve();
      await gate.promise;
      return memory.setTimes(...args);
    },
  });
  const other = await startFrontDoor({ drive });
  try {
    const dav = davClient(other);
    await dav('PUT', '/m/file', {}, 'x');
    const changed = proppatch(dav, '/m/file', set('<D:lastmodified>1000000000</D:lastmodified><x:a>1</x:a>'));
    await begun.promise;
    const seen = takeLock(dav, '/m/file').then(() => textOf(dav, '/m/file', '<x:a/>'));
    await Promise.race([seen, othersServed(dav)]);
    gate.resolve();
    await changed;
    expect(await textOf(dav, '/m/file', '<x:a/>')).toBe(await seen);
  } finally {
    gate.resolve();
    await other.stop();
  }
});

it('a folder of 60 locked files goes with their 60 tokens', async () => {
  const at = await folder();
  await ada('MKCOL', `${at}/many`);
  const tags = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const path = `${at}/many/${index}`;
      return `<${path}> (<${await takeLock(ada, path)}>)`;
    }),
  );
  expect((await ask(ada, at, 'DELETE many', { If: tags.join(' ') })).status).toBe(204);
});

describe('where locks end (RFC 4918 §6.1, §7.6)', () => {
  it('DELETE ends the locks on what it removes', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/box/member`);
    expect((await ask(ada, at, 'DELETE box', { If: `<${at}/box/member> (<${token}>)` })).status).toBe(204);
    await bob('MKCOL', `${at}/box`);
    expect((await ask(bob, at, 'PUT box/member')).status).toBe(201);
    expect(await locksOn(bob, `${at}/box/member`)).toEqual([]);
    expect((await unlock(ada, `${at}/box/member`, token)).status).toBe(409);
  });

  it('MOVE ends them too: neither the old name nor the new one is locked', async () => {
    const at = await folder();
    const [file, member] = [await takeLock(ada, `${at}/file`), await takeLock(ada, `${at}/box/member`)];
    expect((await ask(ada, at, 'MOVE file moved', { If: `(<${file}>)` })).status).toBe(201);
    expect((await ask(ada, at, 'MOVE box moved-box', { If: `<${at}/box/member> (<${member}>)` })).status).toBe(201);
    for (const name of ['moved', 'moved-box', 'moved-box/member']) {
      expect(await locksOn(bob, `${at}/${name}`)).toEqual([]);
    }
    expect((await ask(bob, at, 'PUT file')).status).toBe(201);
    expect((await bob('MKCOL', `${at}/box`)).status).toBe(201);
    expect((await ask(bob, at, 'PUT box/member')).status).toBe(201);
    expect((await ask(bob, at, 'PUT moved')).status).toBe(204);
  });

  it('MOVE to another mailbox as well', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/file`);
    const to = `/other/moved ${folders}`.replace(' ', '%20');
    expect((await ada('MOVE', `${at}/file`, { Destination: to, If: `(<${token}>)` })).status).toBe(201);
    expect(await locksOn(bob, to)).toEqual([]);
    expect((await ask(bob, at, 'PUT file')).status).toBe(201);
  });

  it('COPY makes none', async () => {
    const at = await folder();
    await takeLock(ada, `${at}/file`);
    await takeLock(ada, `${at}/box`);
    expect((await ask(bob, at, 'COPY file copied')).status).toBe(201);
    expect((await ask(bob, at, 'COPY box copied-box')).status).toBe(201);
    for (const name of ['copied', 'copied-box', 'copied-box/member', 'copied-box/sub/deep']) {
      expect(await locksOn(bob, `${at}/${name}`)).toEqual([]);
    }
  });

  it('but a locked target stays locked under the entry that replaces it', async () => {
    for (const words of ['COPY free file', 'MOVE free file']) {
      const at = await folder();
      const token = await takeLock(ada, `${at}/file`);
      expect((await ask(ada, at, words, { If: `<${at}/file> (<${token}>)` })).status).toBe(204);
      expect(await locksOn(bob, `${at}/file`)).toMatchObject([{ token }]);
      expect((await ask(bob, at, 'PUT file')).status).toBe(423);
    }
  });

  it('a lock survives PUT, PROPPATCH and a change of its members', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/box`);
    for (const words of ['PUT box/member', 'PROPPATCH box', 'DELETE box/member', 'MKCOL box/new']) {
      expect((await ask(ada, at, words, { If: `<${at}/box/> (<${token}>)` })).status).toBeLessThan(300);
      expect(await locksOn(bob, `${at}/box`)).toMatchObject([{ token }]);
    }
  });
});

/** What changes the members of `box`. */
const MEMBERSHIP = [
  'PUT box/new',
  'MKCOL box/new',
  'LOCK box/new',
  'DELETE box/member',
  'DELETE box/sub',
  'MOVE box/member new',
  'MOVE box/member box/renamed',
  'MOVE free box/new',
  'COPY free box/new',
  'DELETE box',
  'MOVE box new',
  'PROPPATCH box',
];

describe('a folder that is locked with Depth 0 (RFC 4918 §7.4)', () => {
  it.each(MEMBERSHIP)('D9: is guarded from %s', async words => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/box`, { Depth: '0' });
    for (const dav of [ada, bob]) {
      const answer = await ask(dav, at, words);
      expect([answer.status, failedConditions(answer)]).toEqual([423, blocked(`${at}/box`)]);
    }
    expect(await read(`${at}/box/member`)).toBe('box/member');
    expect(hrefsOf((await propfind(ada, `${at}/box`, '<D:displayname/>', '1')).text)).toHaveLength(3);
    expect((await ask(ada, at, words, { If: `<${door.url}${at}/box> (<${token}>)` })).status).toBeLessThan(300);
  });

  it.each(['PUT box/member', 'PROPPATCH box/member', 'LOCK box/member', 'PUT box/sub/new', 'DELETE box/sub/deep'])(
    'leaves its members themselves to others: %s',
    async words => {
      const at = await folder();
      await takeLock(ada, `${at}/box`, { Depth: '0' });
      expect((await ask(bob, at, words)).status).toBeLessThan(300);
    },
  );

  it('needs both tokens to remove a member that is locked, too (§7.5.2)', async () => {
    const at = await folder();
    const [box, member] = [await takeLock(ada, `${at}/box`, { Depth: '0' }), await takeLock(ada, `${at}/box/member`)];
    const forBox = `<${at}/box/> (<${box}>)`;
    const forMember = `<${at}/box/member> (<${member}>)`;
    expect((await ask(ada, at, 'DELETE box/member', { If: forBox })).status).toBe(423);
    expect((await ask(ada, at, 'DELETE box/member', { If: forMember })).status).toBe(423);
    expect((await ask(ada, at, 'DELETE box/member', { If: `${forBox} ${forMember}` })).status).toBe(204);
  });
});

describe('a folder that is locked with Depth infinity (RFC 4918 §7.4)', () => {
  const below = [
    'PUT box/member',
    'PROPPATCH box/member',
    'PUT box/sub/new',
    'DELETE box/sub/deep',
    'MKCOL box/sub/new',
  ];

  it.each([...MEMBERSHIP, ...below])('D8: is guarded from %s', async words => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/box`);
    for (const dav of [ada, bob]) {
      const answer = await ask(dav, at, words);
      expect([answer.status, failedConditions(answer).hrefs]).toEqual([423, [`${at}/box`]]);
    }
    expect(await read(`${at}/box/sub/deep`)).toBe('box/sub/deep');
    if (!words.startsWith('LOCK')) {
      expect((await ask(ada, at, words, { If: `<${at}/box/> (<${token}>)` })).status).toBeLessThan(300);
    }
  });

  it('takes its token in an untagged If on a member', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/box`);
    for (const words of ['PUT box/member', 'PROPPATCH box/sub/deep', 'DELETE box/sub/deep', 'MOVE box/sub box/moved']) {
      expect((await ask(ada, at, words, { If: `(<${token}>)` })).status).toBeLessThan(300);
    }
  });

  it('covers what comes in, and lets go of what goes out (§7.6)', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/box`);
    const tagged = { If: `<${at}/box/> (<${token}>)` };
    for (const words of ['PUT box/new', 'COPY free box/copied', 'MOVE file box/moved', 'MOVE box/sub box/renamed']) {
      expect((await ask(ada, at, words, tagged)).status).toBe(201);
    }
    for (const name of ['new', 'copied', 'moved', 'renamed/deep']) {
      expect(await locksOn(bob, `${at}/box/${name}`)).toMatchObject([{ token, root: [`${at}/box`] }]);
      expect((await ask(bob, at, `PUT box/${name}`)).status).toBe(423);
    }
    expect((await ask(ada, at, 'MOVE box/member out', tagged)).status).toBe(201);
    expect(await locksOn(bob, `${at}/out`)).toEqual([]);
    expect((await ask(bob, at, 'PUT out')).status).toBe(204);
  });

  it('hands what goes to another locked folder over to that lock', async () => {
    const at = await folder();
    await ada('MKCOL', `${at}/second`);
    const [first, second] = [await takeLock(ada, `${at}/box`), await takeLock(ada, `${at}/second`)];
    const [from, to] = [`<${at}/box/> (<${first}>)`, `<${at}/second/> (<${second}>)`];
    expect((await ask(ada, at, 'MOVE box/member second/member', { If: from })).status).toBe(423);
    expect((await ask(ada, at, 'MOVE box/member second/member', { If: to })).status).toBe(423);
    expect((await ask(ada, at, 'MOVE box/member second/member', { If: `${from} ${to}` })).status).toBe(201);
    expect(await locksOn(bob, `${at}/second/member`)).toMatchObject([{ token: second }]);
  });
});

/** Puts the real thing for T (token), E (entity tag), U (URL) and O (URL of another file) into a condition. */
function fill(condition: string, values: Record<'T' | 'E' | 'U' | 'O', string>): string {
  return condition.replace(/\b[TEUO]\b/g, letter => values[letter as 'T']);
}

describe('If (RFC 4918 §10.4)', () => {
  async function prepare() {
    const at = await folder();
    const etag = (await ada('HEAD', `${at}/file`)).headers.get('etag')!;
    return { at, values: { T: '', E: etag, U: `${door.url}${at}/file`, O: `${door.url}${at}/free` } };
  }

  it.each([
    ['(<T>)', 204],
    ['(<T> [E])', 204],
    ['([E] <T>)', 204],
    ['(<T>)([E])', 204],
    ['<U> (<T>)', 204],
    ['<U> (<T> [E])', 204],
    ['<U> (<T>) (Not <T>)', 204],
    ['(<urn:uuid:x>) (<T>)', 204],
    ['(Not <urn:uuid:x> <T>)', 204],
    ['(<T>) (Not <DAV:no-lock>)', 204],
    ['(<T> [E]) (Not <DAV:no-lock> [E])', 204],
    ['<U> (<T>) <O> (<urn:uuid:x>)', 204],
    ['(<T> ["other"]) ([E])', 204],
    ['(Not <T>) ([E])', 204],
    ['<O> (Not <T>)', 204],
    ['<O> (["other"]) <U> (<T>)', 204],
    ['(<T> ["other"])', 412],
    ['(<T> ["other"]) (Not <DAV:no-lock> ["other"])', 412],
    ['(Not <T>)', 412],
    ['(<T> Not [E])', 412],
    ['(<DAV:no-lock>)', 412],
    ['<O> (<T>)', 412],
    ['(<T>', 400],
    ['<U>', 400],
    ['<T>', 400],
    ['([E])', 423],
    ['(Not <DAV:no-lock>)', 423],
    ['(<opaquelocktoken:corrupt>) (Not <DAV:no-lock>)', 423],
    ['<O> (Not <DAV:no-lock>)', 423],
    ['<U> (Not ["other"])', 423],
  ])('%s lets a PUT on a locked file be %i', async (condition, status) => {
    const { at, values } = await prepare();
    const token = await takeLock(ada, `${at}/file`);
    expect((await ask(ada, at, 'PUT file', { If: fill(condition, { ...values, T: token }) })).status).toBe(status);
    expect(await read(`${at}/file`)).toBe(status === 204 ? 'new' : 'file');
  });

  it.each([
    ['([E])', 204],
    ['(["other"])', 412],
    ['(Not ["other"])', 204],
    ['(Not [E])', 412],
    ['(["other"]) ([E])', 204],
    ['(Not <DAV:no-lock>)', 204],
    ['(<DAV:no-lock>)', 412],
    ['<O> (Not ["other"])', 204],
    ['<O> (["other"])', 412],
  ])('%s lets a PUT on a free file be %i', async (condition, status) => {
    const { at, values } = await prepare();
    expect((await ask(bob, at, 'PUT file', { If: fill(condition, values) })).status).toBe(status);
  });

  it.each([
    ['(["4217"])', 412],
    ['(Not ["4217"])', 201],
    ['(<T>)', 412],
    ['(Not <T>)', 201],
    ['<O-missing> (["4217"])', 412],
    ['<O-missing> (Not ["4217"])', 201],
  ])('takes a free name as a resource without state: %s is %i (§10.4.11)', async (condition, status) => {
    const { at, values } = await prepare();
    const token = await takeLock(ada, `${at}/free`);
    const header = fill(condition.replace('O-missing', `${at}/missing`), { ...values, T: token });
    expect((await ask(ada, at, 'PUT new', { If: header })).status).toBe(status);
  });

  it('finds the resource of a tag however its URL is written', async () => {
    const { at } = await prepare();
    const token = await takeLock(ada, `${at}/file`);
    for (const tag of [`${at}/%66ile`, `${at}/FILE`, `${door.url}${at}/fil%65`, `${at}/file/`]) {
      expect((await ask(ada, at, 'PUT file', { If: `<${tag}> (<${token}>)` })).status).toBe(204);
    }
  });

  it('is a condition of every method', async () => {
    const { at } = await prepare();
    for (const words of ['GET file', 'PROPFIND file', 'DELETE file', 'MOVE file new', 'PROPPATCH file', 'LOCK file']) {
      expect((await ask(ada, at, words, { If: '(["other"])' })).status).toBe(412);
    }
    expect(await read(`${at}/file`)).toBe('file');
  });

  it('is taken as true when a list for one of the resources is (§10.4.3)', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/box/member`);
    const header = `<${at}/box/> (["other"]) (["another"]) <${door.url}${at}/box/member> (["other"]) (<${token}>)`;
    expect((await ask(ada, at, 'PUT box/member', { If: header })).status).toBe(204);
  });

  it('of a copy is about the source when untagged (§10.4.3), and about the target when tagged (§7.5.1)', async () => {
    const { at } = await prepare();
    const token = await takeLock(ada, `${at}/free`);
    for (const words of ['COPY file free', 'MOVE file free']) {
      expect((await ask(ada, at, words, { If: `(<${token}>)` })).status).toBe(412);
      expect((await ask(ada, at, words, { If: `<${at}/free> (<${token}> ["other"])` })).status).toBe(412);
      expect(await read(`${at}/free`)).toBe('free');
    }
    expect((await ask(ada, at, 'COPY file free', { If: `<${at}/free> (<${token}>)` })).status).toBe(204);
  });

  it('of a move has the tokens of both ends', async () => {
    const { at } = await prepare();
    const [source, target] = [await takeLock(ada, `${at}/file`), await takeLock(ada, `${at}/free`)];
    const [from, to] = [`<${at}/file> (<${source}>)`, `<${at}/free> (<${target}>)`];
    const one = await ask(ada, at, 'MOVE file free', { If: from });
    expect([one.status, failedConditions(one)]).toEqual([423, blocked(`${at}/free`)]);
    const other = await ask(ada, at, 'MOVE file free', { If: to });
    expect([other.status, failedConditions(other)]).toEqual([423, blocked(`${at}/file`)]);
    expect((await ask(ada, at, 'MOVE file free', { If: `${from} ${to}` })).status).toBe(204);
  });

  it('D7: with the token of one file does not open another', async () => {
    const { at } = await prepare();
    const [token] = [await takeLock(ada, `${at}/free`), await takeLock(ada, `${at}/file`)];
    expect((await ask(ada, at, 'PUT file', { If: `(<${token}>)` })).status).toBe(412);
    expect((await ask(ada, at, 'PUT file', { If: `<${at}/free> (<${token}>)` })).status).toBe(423);
  });

  it('with the token of a folder that is locked with Depth 0 does not open its members', async () => {
    const at = await folder();
    const token = await takeLock(ada, `${at}/box`, { Depth: '0' });
    expect((await ask(ada, at, 'PUT box/member', { If: `(<${token}>)` })).status).toBe(412);
    expect((await ask(ada, at, 'PUT box/member', { If: `<${at}/box> (<${token}>)` })).status).toBe(204);
  });
});
