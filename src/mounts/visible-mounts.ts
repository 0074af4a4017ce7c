import { DriveError } from '../drive/errors.ts';
import { foldName } from '../drive/path.ts';
import { type CompiledRights, compileRights } from './compiled-rights.ts';
import { GuardedDrive } from './guarded-drive.ts';
import type { MountSpec, MountTable, Wait } from './mount-table.ts';
import type { Mount, Mounts } from './mounted-drive.ts';
import type { Access, Rights } from './rights.ts';

/** The mounts that one user sees, each behind the policy. They follow the table; frequent results are cached. */
export class VisibleMounts implements Mounts {
  readonly #table: MountTable;
  readonly #rights: CompiledRights;
  /** Both of the table's version. */
  readonly #guarded = new Map<MountSpec, Mount>();
  #names: readonly string[] | undefined;
  #version: number | undefined;

  constructor(table: MountTable, rights: Rights) {
    this.#table = table;
    this.#rights = compileRights(rights);
  }

  get changed(): Date {
    return this.#table.changed;
  }

  names(): readonly string[] {
    const wait = this.#pending();
    if (wait !== undefined) {
      throw new DriveError('unavailable', 'cannot list the mounts: mailboxes are still being discovered', wait);
    }
    this.#follow();
    if (this.#names === undefined) {
      const visible = this.#table.all().filter(mount => this.#rights.accessTo(mount) !== undefined);
      this.#names = visible.map(({ name }) => name);
    }
    return this.#names;
  }

  peek(name: string): Mount | undefined {
    const mount = this.#table.get(name);
    return mount && this.#guard(mount);
  }

  find(name: string): Mount | undefined {
    const isMissing = this.#table.get(name) === undefined;
    const wait = isMissing && this.#rights.mayOpen(name, this.#table) ? this.#table.pending() : undefined;
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
    return this.#rights.areKnown(this.#table) ? undefined : this.#table.pending();
  }

  /** Forgets what an earlier version of the table has shown. */
  #follow(): void {
    if (this.#version !== this.#table.version) {
      this.#version = this.#table.version;
      this.#names = undefined;
      this.#guarded.clear();
    }
  }

  /** Returns undefined for a mount that the user may not see. */
  #guard(mount: MountSpec): Mount | undefined {
    this.#follow();
    const known = this.#guarded.get(mount);
    if (known !== undefined) {
      return known;
    }
    const access = this.#rights.accessTo(mount);
    const guarded = access && guard(mount, access);
    if (guarded !== undefined) {
      this.#guarded.set(mount, guarded);
    }
    return guarded;
  }
}

function guard(mount: MountSpec, access: Access): Mount {
  const { name, readOnly } = mount;
  return { name, drive: new GuardedDrive(() => mount.drive, { access, readOnly }) };
}
