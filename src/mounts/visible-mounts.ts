import { DriveError } from '../drive/errors.ts';
import { foldName } from '../drive/path.ts';
import { compileGlob, isGlob } from '../lib/glob.ts';
import { GuardedDrive } from './guarded-drive.ts';
import type { MountSpec, MountTable, Wait } from './mount-table.ts';
import type { Mount, Mounts } from './mounted-drive.ts';

/** A user's rights: the mounts, by name or glob, and whether the user may change them. */
export interface Rights {
  readonly mounts: '*' | readonly string[];
  readonly access: 'read' | 'write';
}

/** The mounts that one user sees, each behind the policy. They follow the table; frequent results are cached. */
export class VisibleMounts implements Mounts {
  readonly #table: MountTable;
  readonly #rights: Rights;
  readonly #maySee: (name: string) => boolean;
  readonly #guarded = new WeakMap<MountSpec, Mount>();
  #names: readonly string[] = [];
  #version: number | undefined;

  constructor(table: MountTable, rights: Rights) {
    this.#table = table;
    this.#rights = rights;
    this.#maySee = compileNames(rights.mounts);
  }

  get changed(): Date {
    return this.#table.changed;
  }

  names(): readonly string[] {
    const wait = this.#pending();
    if (wait !== undefined) {
      throw new DriveError('unavailable', 'cannot list the mounts: mailboxes are still being discovered', wait);
    }
    if (this.#version !== this.#table.version) {
      this.#names = this.#table.names().filter(name => this.#maySee(foldName(name)));
      this.#version = this.#table.version;
    }
    return this.#names;
  }

  peek(name: string): Mount | undefined {
    const mount = this.#table.get(name);
    return mount !== undefined && this.#maySee(name) ? this.#guard(mount) : undefined;
  }

  find(name: string): Mount | undefined {
    const wait = this.#table.get(name) === undefined && this.#maySee(name) ? this.#table.pending() : undefined;
    if (wait !== undefined) {
      const message = 'cannot tell whether there is such a mount: mailboxes are still being discovered';
      throw new DriveError('unavailable', message, wait);
    }
    return this.peek(name);
  }

  only(): Mount | undefined {
    const [first, second] = this.#pending() === undefined ? this.names() : [];
    return first === undefined || second !== undefined ? undefined : this.peek(foldName(first));
  }

  /** Returns undefined when the table has all mounts that this user could see. */
  #pending(): Wait | undefined {
    const { mounts } = this.#rights;
    // A glob is not a mount's name.
    const areKnown = mounts !== '*' && mounts.every(name => this.#table.get(foldName(name)) !== undefined);
    return areKnown ? undefined : this.#table.pending();
  }

  #guard(mount: MountSpec): Mount {
    const known = this.#guarded.get(mount);
    if (known !== undefined) {
      return known;
    }
    const { name, readOnly } = mount;
    const guarded = { name, drive: new GuardedDrive(() => mount.drive, { access: this.#rights.access, readOnly }) };
    this.#guarded.set(mount, guarded);
    return guarded;
  }
}

/** Returns a function that checks whether a folded name is allowed. */
function compileNames(allowed: Rights['mounts']): (name: string) => boolean {
  if (allowed === '*') {
    return () => true;
  }
  const names = new Set(allowed.filter(text => !isGlob(text)).map(foldName));
  const globs = allowed.filter(isGlob).map(compileGlob);
  return name => names.has(name) || globs.some(glob => glob.testFolded(name));
}
