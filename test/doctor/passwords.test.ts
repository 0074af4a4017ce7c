import { expect, it } from 'vitest';
import { hashPassword } from '../../src/auth/passwords.ts';
import { passwordsCheck } from '../../src/doctor/passwords.ts';

const hash = (cost: string, tag = 'B'.repeat(43)) => `$argon2id$v=19$${cost}$c2FsdHNhbHRzYWx0c2FsdA$${tag}`;

it.each([
  ['is of the cost that hash-password has', hashPassword('password'), 'ok', undefined],
  ['is of another choice of OWASP', hash('m=47104,t=1,p=1'), 'ok', undefined],
  ['is cheaper', hash('m=19456,t=1,p=1'), 'warning', /costs less than OWASP recommends/],
  ['is that of the example', hash('m=19456,t=2,p=1', 'A'.repeat(43)), 'failure', /the one of the example file/],
  ['is far too cheap', hash('m=1024,t=1,p=1'), 'failure', /is invalid: this hash is too cheap/],
])('a hash that %s', async (_title, given, level, saw) => {
  const users = [{ name: 'ada', passwordHash: await given }];
  const [finding] = await passwordsCheck(users).run(new AbortController().signal);
  expect(finding).toMatchObject({ level, saw: expect.stringMatching(saw ?? /^the hash of 1 user/) });
  expect(finding!.cure === undefined).toBe(level === 'ok');
});
