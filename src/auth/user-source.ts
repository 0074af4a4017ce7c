import type { PasswordHash } from './passwords.ts';
import type { User } from './user.ts';

/** A user and what their password is checked with; another object as soon as either changes. */
export interface HashedUser {
  readonly user: User;
  readonly passwordHash: string;
  readonly hash: PasswordHash;
}

/** Users with passwords that can change while the server runs. */
export interface UserSource {
  /** Changes with every change of the users. */
  readonly version: number;
  /** `name` is in lower case. */
  find(name: string): HashedUser | undefined;
  /** Returns any user; undefined when there is none. */
  sample(): HashedUser | undefined;
}
