import type { CallGraph } from '../graph/client.ts';
import { isGraphError } from '../graph/errors.ts';
import { type DirectoryUser, getUser } from '../graph/users.ts';
import type { Person } from './ask-directory.ts';

export interface SingleOwnersOptions {
  readonly call: CallGraph;
  /** Mailboxes that have a mount of their own, by user principal name or object id. */
  readonly singles: readonly string[];
  /** Object ids by address in lower case, as an earlier run has found them. */
  readonly kept: ReadonlyMap<string, string>;
  readonly warn?: (message: string) => void;
}

/**
 * Whose the addresses of single mounts are: who was found first has the mount for good, and a new address must not make
 * a rule find them.
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

  /** Object ids by address in lower case. */
  get byAddress(): ReadonlyMap<string, string> {
    return this.#owners;
  }

  /** Everybody with a mount of their own: by what the configuration says, and by object id. */
  names(): string[] {
    return [...this.#options.singles, ...this.#owners.values()];
  }

  /** Finds the owners that are not known yet, among these people or by asking. Throws GraphError. */
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

  /** Undefined, too, when Graph does not take it for an address. */
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
        `the mailbox "${address}" of a mount is now ${holder.id}, and was ${owner}; no rule mounts either: write the object id of the one you mean`,
      );
    }
  }
}
