import { appendFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AuthenticatorOptions, createAuthenticator } from '../../src/auth/authenticate.ts';
import { verifyPassword } from '../../src/auth/passwords.ts';
import { UsersFile } from '../../src/auth/users-file.ts';
import { parseUsersFile } from '../../src/auth/users-file-text.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { PASSWORD, PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** At the least cost of htpasswd. */
const bcrypt = (password: string, kind = 'b') => hashSync(password, 4).replace(/^\$2[aby]/, `$2${kind}`);
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('parseUsersFile', () => {
  it('reads users with bcrypt and argon2id hashes, and passes over comments and empty lines', () => {
    const hashes = [bcrypt('a', 'y'), bcrypt('b', 'a'), bcrypt('c', 'b'), PASSWORD_HASH];
    const text = `\uFEFF# by htpasswd\r\nada:${hashes[0]}\r\n\n  bob : x\n`.replace(
      '  bob : x',
      `bob:${hashes[1]}:more`,
    );
    const { users, problems } = parseUsersFile(`${text}Björk Ω:${hashes[2]}\ndan@contoso.com:${hashes[3]}`);
    expect(problems).toEqual([]);
    expect(users).toEqual([
      { name: 'ada', passwordHash: hashes[0] },
      { name: 'bob', passwordHash: hashes[1] },
      { name: 'Björk Ω', passwordHash: hashes[2] },
      { name: 'dan@contoso.com', passwordHash: hashes[3] },
    ]);
  });

  it.each([
    [
      'ada:$apr1$Mqi7mYhe$DVMoyxsS4Mq9/4FOJ1XqL/',
      /line 2: the password of "ada" has an MD5 hash.*htpasswd -B FILE ada/,
    ],
    ['ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', /line 2: .*a SHA-1 hash/],
    ['ada:rqXexS6ZhobKA', /line 2: .*a hash of crypt/],
    ['ada:$6$salt$hash', /line 2: .*a hash of crypt/],
    ['ada:secret', /line 2: .*neither a bcrypt nor an argon2id hash/],
    ['ada', /line 2: .*neither/],
    [':x', /line 2: this is not "name:hash"/],
    ['CONTOSO\\ada:x', /line 2: this is not "name:hash"/],
    [`ada:${bcrypt('x').replace('$04$', '$31$')}`, /line 2: the cost of the bcrypt hash of "ada" is not from 4 to 14/],
    [`ada:${bcrypt('x').slice(0, -1)}`, /line 2: .*neither/],
    ['ada:$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAA', /too cheap/],
    [`ADA:${bcrypt('x')}\nada:${bcrypt('y')}`, /line 3: the user "ada" is there twice/],
  ])('names the line of %s, and the cure', (text, expected) => {
    const { problems } = parseUsersFile(`ok:${bcrypt('x')}\n${text}\n`);
    expect(problems.map(({ line, message }) => `line ${line}: ${message}`).join('\n')).toMatch(expected);
    expect(JSON.stringify(problems)).not.toContain(text.split(':')[1] || 'nothing');
  });
});

async function setUp(text: string, verify?: AuthenticatorOptions['verify']) {
  const folder = await makeTempDir();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const path = join(folder.path, 'users.htpasswd');
  await writeFile(path, text);
  const logged: string[] = [];
  const log = { info: (line: string) => void logged.push(line), warn: (line: string) => void logged.push(line) };
  const clock = fakeClock();
  const rights = { rules: [{ named: { '*': 'read' as const } }] };
  const file = await UsersFile.open({ path, rights: { rights }, isTaken: name => name === 'grace', log, clock });
  const authenticate = createAuthenticator({
    users: [{ name: 'grace', passwordHash: PASSWORD_HASH, rights }],
    more: file,
    cacheSeconds: 300,
    clock,
    ...(verify && { verify }),
  });
  const outcome = async (name: string, password: string, address = 'home') => {
    const verdict = await authenticate(basic(`${name}:${password}`), address);
    return 'user' in verdict ? verdict.user.name : verdict.refused;
  };
  /** Two looks in a row must see the same. */
  const look = async () => {
    await file.look();
    await file.look();
  };
  return { path, file, logged, outcome, look, authenticate, rights };
}

describe('a users file', () => {
  it('lets its users in, with bcrypt of each kind and argon2id, beside those of the configuration', async () => {
    const kinds = ['a', 'b', 'y'].map(kind => `user-${kind}:${bcrypt('pässword', kind)}`);
    const { outcome, authenticate, rights } = await setUp([...kinds, `Dan:${PASSWORD_HASH}`].join('\n'));
    for (const name of ['user-a', 'user-b', 'user-y']) {
      expect(await outcome(name, 'pässword')).toBe(name);
      expect(await outcome(name, 'password')).toBe('wrong');
    }
    expect(await outcome('dan', PASSWORD)).toBe('Dan');
    expect(await outcome('grace', PASSWORD)).toBe('grace');
    expect(await outcome('nobody', 'pässword')).toBe('wrong');
    const verdict = await authenticate(basic(`dan:${PASSWORD}`), 'home');
    expect(verdict).toEqual({ user: { name: 'Dan', rights } });
    expect('user' in verdict && verdict.user.rights).toBe(rights);
  });

  it('is followed: new, changed and removed users count at once, also remembered passwords', async () => {
    const kept = `kept:${bcrypt('kept')}`;
    const { path, outcome, look, file, logged } = await setUp(`${kept}\nada:${bcrypt('old')}\nbob:${bcrypt('bob')}\n`);
    expect([await outcome('ada', 'old'), await outcome('bob', 'bob'), await outcome('eve', 'eve')]).toEqual([
      'ada',
      'bob',
      'wrong',
    ]);
    expect(await outcome('ada', 'new')).toBe('wrong');
    const before = file.find('kept');
    await writeFile(`${path}.new`, `${kept}\nada:${bcrypt('new')}\neve:${bcrypt('eve')}\n`);
    await rename(`${path}.new`, path);
    await look();
    expect([await outcome('ada', 'old'), await outcome('bob', 'bob')]).toEqual(['wrong', 'wrong']);
    expect([await outcome('ada', 'new'), await outcome('eve', 'eve')]).toEqual(['ada', 'eve']);
    expect(file.find('kept')).toBe(before);
    expect(logged).toEqual([expect.stringMatching(/has changed and was read: 3 users$/)]);
    await look();
    expect(logged).toHaveLength(1);
  });

  it('that changes while a password is checked decides as it is then', async () => {
    const started = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    let isHeld = true;
    const { path, outcome, look } = await setUp(`ada:${bcrypt('old')}\n`, async (password, hash) => {
      if (isHeld) {
        started.resolve();
        await held.promise;
      }
      return verifyPassword(password, hash);
    });
    const under = [outcome('ada', 'old'), outcome('ada', 'new', 'elsewhere')];
    await started.promise;
    isHeld = false;
    await writeFile(path, `ada:${bcrypt('new')}\n`);
    await look();
    under.push(outcome('eve', 'x', 'anywhere'));
    held.resolve();
    // The old password was right for a user who is not the same any more, and the new one is not held against anybody.
    expect((await Promise.all(under))[0]).toBe('wrong');
    expect([await outcome('ada', 'old'), await outcome('ada', 'new', 'elsewhere')]).toEqual(['wrong', 'ada']);
  });

  it('is not read while it is written', async () => {
    const { path, outcome, file } = await setUp(`ada:${bcrypt('ada')}\n`);
    await writeFile(path, `bob:${bcrypt('bob')}\n`);
    await file.look();
    await appendFile(path, `ada:${bcrypt('ada')}\n`);
    await file.look();
    expect([await outcome('ada', 'ada'), await outcome('bob', 'bob')]).toEqual(['ada', 'wrong']);
    await file.look();
    expect([await outcome('ada', 'ada'), await outcome('bob', 'bob')]).toEqual(['ada', 'bob']);
  });

  it('that is broken or gone changes nothing, and the log says so once', async () => {
    const { path, outcome, look, logged } = await setUp(`ada:${bcrypt('ada')}\n`);
    await writeFile(path, `bob:${bcrypt('bob')}\nada:${bcrypt('x').slice(0, 40)}`);
    await look();
    await look();
    expect(await outcome('ada', 'ada')).toBe('ada');
    expect(logged).toEqual([
      expect.stringMatching(/cannot use the users file ".+": line 2: .*stay as they were before$/),
    ]);
    await rm(path);
    await look();
    await look();
    expect(await outcome('ada', 'ada')).toBe('ada');
    expect(logged).toHaveLength(2);
    expect(logged[1]).toMatch(/cannot read the users file/);
    await writeFile(path, `grace:${bcrypt('x')}`);
    await look();
    expect(logged[2]).toMatch(/the user "grace" is in the configuration as well/);
    await writeFile(path, '');
    await look();
    expect(await outcome('ada', 'ada')).toBe('wrong');
  });

  it('is refused at the start when it is broken', async () => {
    await expect(setUp('ada:secret')).rejects.toThrow(/cannot use the users file ".+": line 1: the password of "ada"/);
  });

  it('takes the time of a bcrypt hash for an unknown name as well', async () => {
    const folder = await makeTempDir();
    onTestFinished(() => folder[Symbol.asyncDispose]());
    const path = join(folder.path, 'users');
    await writeFile(path, `ada:${bcrypt('ada')}`);
    const log = { info: () => {}, warn: () => {} };
    const rights = { rights: { rules: [] } };
    const file = await UsersFile.open({ path, rights, isTaken: () => false, log, clock: fakeClock() });
    const checked: unknown[] = [];
    const authenticate = createAuthenticator({
      users: [],
      more: file,
      cacheSeconds: 300,
      clock: fakeClock(),
      verify: async (_, hash) => {
        checked.push(hash);
        return false;
      },
    });
    await authenticate(basic('nobody:x'), 'home');
    expect(checked).toEqual([{ bcrypt: expect.stringMatching(/^\$2b\$04\$[./\w]{53}$/) }]);
  });
});
