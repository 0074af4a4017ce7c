import type { CallGraph } from '../graph/client.ts';
import { isGraphError } from '../graph/errors.ts';
import { type DirectoryUser, getUser } from '../graph/users.ts';
import type { Person } from './ask-directory.ts';

export interface SingleOwnersOptions {
  readonly call: CallGraph;
  /** Mailboxes with a mount of their own, by user principal name or object id. */
  readonly singles: readonly string[];
  /** Object ids by lower-case address, as found by an earlier run. */
  readonly kept: ReadonlyMap<string, string>;
  readonly warn?: (message: string) => void;
}

/**
 * The owners of the addresses of single mounts: the first owner found keeps the mount, and must not be found by a rule
 * under a new address.
 */
export class SingleOwners {
  readonly #options: SingleOwnersOptions;
  readonly #addresses: readonly string[];
  readonly #owners: Map<string, string>;
  readonly #warned = new Set<string>();

  constructor(options: SingleOwnersOptions) {
    this.#options = options;
    this.#addresses = options.singles.map(single => single.toLowerCase()).filter(single => single.includes('@'));
    this.#owners = new Map([...options.kept].filter(([address]) => this.#addresses.includes(address)));
  }

  /** Object ids by lower-case address. */
  get byAddress(): ReadonlyMap<string, string> {
    return this.#owners;
  }

  /** Returns all users with a mount of their own: by the name in the configuration, and by object id. */
  names(): string[] {
    return [...this.#options.singles, ...this.#owners.values()];
  }

  /** Finds the owners that are not known yet, among these people or by a request. Throws GraphError. */
  async find(people: ReadonlyMap<string, Person>, signal: AbortSignal): Promise<void> {
    const holders = new Map([...people.values()].map(({ user }) => [user.userPrincipalName.toLowerCase(), user]));
    for (const address of this.#addresses) {
      const holder = holders.get(address);
      const owner = this.#owners.get(address) ?? holder?.id ?? (await this.#ask(address, signal))?.id;
      if (owner !== undefined) {
        this.#owners.set(address, owner);
        this.#warnOfOther(address, owner, holder);
      }
    }
  }

  /** Returns undefined also when Graph does not accept the address. */
  async #ask(address: string, signal: AbortSignal): Promise<DirectoryUser | undefined> {
    try {
      return await getUser(this.#options.call, address, signal);
    } catch (error) {
      if (isGraphError(error, 'answer') && (error.status === 400 || error.status === 404)) {
        return undefined;
      }
      throw error;
    }
  }

  #warnOfOther(address: string, owner: string, holder: DirectoryUser | undefined): void {
    if (holder !== undefined && holder.id !== owner && !this.#warned.has(address)) {
      this.#warned.add(address);
      this.#options.warn?.(
        `the mailbox "${address}" of a mount is now ${holder.id}, and was ${owner}; no rule mounts either: set mailbox to the object id of the intended user`,
      );
    }
  }
}
