import { isCostlyEnough, parsePasswordCost } from '../auth/password-cost.ts';
import type { Check, Finding } from './check.ts';

interface UserHash {
  readonly name: string;
  readonly passwordHash: string;
}

/** The tag of the hash in config.example.yaml; no password gives it. */
const EXAMPLE_TAG = /\$A{43}$/;

/** Checks that the password hashes would protect the passwords if the configuration were stolen. */
export function passwordsCheck(users: readonly UserHash[]): Check {
  return {
    name: 'passwords',
    run: async () => {
      const findings = users.flatMap(examine);
      const count = users.length === 1 ? 'the hash of 1 user is' : `the hashes of ${users.length} users are`;
      return findings.length > 0 ? findings : [{ level: 'ok', saw: `${count} argon2id, at OWASP's cost or above` }];
    },
  };
}

function examine({ name, passwordHash }: UserHash): Finding[] {
  const cure = 'create a new hash with "onedrive-webdav hash-password" and put it in passwordHash';
  const objection = parsePasswordCost(passwordHash);
  if (objection !== undefined) {
    return [{ level: 'failure', saw: `the password hash of user "${name}" is invalid: ${objection}`, cure }];
  }
  if (EXAMPLE_TAG.test(passwordHash)) {
    const saw = `the password hash of user "${name}" is the one of the example file`;
    return [{ level: 'failure', saw, means: 'no password matches it, so nobody can sign in', cure }];
  }
  return !isCostlyEnough(passwordHash)
    ? [
        {
          level: 'warning',
          saw: `the password hash of user "${name}" costs less than OWASP recommends`,
          means: 'a thief of the configuration can try passwords faster',
          cure,
        },
      ]
    : [];
}
