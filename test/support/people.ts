import { makeDevicePassword } from '../../src/auth/device-password.ts';
import type { AdmittedPerson, People, Person } from '../../src/people/people.ts';
import type { DevicePassword } from '../../src/state/device-password-store.ts';

/** Someone whom a rule lets in, with the right to write everywhere. */
export function admitted(userId: string, change: Partial<Person> = {}): AdmittedPerson {
  const principal = `${userId}@contoso.com`;
  const person = { tenantId: 't1', userId, principal, displayName: userId, mail: undefined, ...change };
  const rights = { rules: [{ named: { '*': 'write' } }], owner: userId } as const;
  return { person, user: { name: person.principal, id: userId, rights }, devicePasswords: 20 };
}

/** People whom a test lets in and out. */
export interface TestPeople extends People {
  readonly all: Map<string, AdmittedPerson>;
  /** Seconds until the directory is known; undefined: it is. */
  wait: number | undefined;
}

export function testPeople(...people: AdmittedPerson[]): TestPeople {
  const all = new Map(people.map(each => [each.person.userId, each]));
  const test: TestPeople = {
    all,
    wait: undefined,
    find: userId => all.get(userId.toLowerCase()),
    named: name => [...all.values()].find(({ person }) => person.principal === name.toLowerCase()),
    pending: () => (test.wait === undefined ? undefined : { retryAfterSeconds: test.wait }),
    look: async userId => all.get(userId.toLowerCase()),
  };
  return test;
}

/** A device password of `userId`, and what its owner has seen once. */
export function newDevicePassword(
  userId: string,
  change: Partial<DevicePassword> = {},
): { readonly text: string; readonly stored: DevicePassword } {
  const { password, digest } = makeDevicePassword();
  const stored: DevicePassword = {
    ...{ id: `id-${digest.slice(0, 8)}`, tenantId: 't1', userId, principal: `${userId}@contoso.com`, name: 'laptop' },
    ...{ digest, created: 0, expires: undefined, readOnly: false, below: undefined, lastUse: undefined },
    ...change,
  };
  return { text: password, stored };
}
