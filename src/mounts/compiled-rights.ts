import { foldName } from '../drive/path.ts';
import { compileGlob, isGlob } from '../lib/glob.ts';
import type { MountSpec, MountTable } from './mount-table.ts';
import type { Access, MountRights, Rights } from './rights.ts';

/** Rights, prepared for the questions of a view. Names are folded (`foldName`). */
export interface CompiledRights {
  /** Returns the user's access to a mount; undefined: none. */
  accessTo(mount: Pick<MountSpec, 'name' | 'owner'>): Access | undefined;
  /** Returns true when a mount that is not in the table could be visible to the user under this name. */
  mayOpen(name: string, table: MountTable): boolean;
  /** Returns true when the table has all mounts that this user could see. */
  areKnown(table: MountTable): boolean;
}

export function compileRights({ rules, owner, readOnly = false }: Rights): CompiledRights {
  const compiled = rules.map(rule => ({ own: rule.own, ...compileNamed(rule) }));
  const missesOwn = (table: MountTable) =>
    compiled.some(({ own }) => own !== undefined) && owner !== undefined && !table.hasMountOf(owner);
  return {
    accessTo: mount => {
      const isOwn = owner !== undefined && mount.owner === owner;
      const name = foldName(mount.name);
      const access = widest(compiled.map(({ own, ofName }) => (isOwn ? own : undefined) ?? ofName(name)));
      return access !== undefined && readOnly ? 'read' : access;
    },
    mayOpen: (name, table) => compiled.some(({ ofName }) => ofName(name) !== undefined) || missesOwn(table),
    areKnown: table =>
      compiled.every(({ names, globs }) => globs.length === 0 && names.every(name => table.get(name) !== undefined)) &&
      !missesOwn(table),
  };
}

function compileNamed({ named }: MountRights) {
  const entries = Object.entries(named);
  const exact = new Map(entries.filter(([name]) => !isGlob(name)).map(([name, access]) => [foldName(name), access]));
  // `*` says least, so it comes last.
  const globs = entries
    .filter(([name]) => isGlob(name))
    .toSorted(([left], [right]) => Number(left === '*') - Number(right === '*'))
    .map(([name, access]) => ({ glob: compileGlob(name), access }));
  const ofName = (name: string) => exact.get(name) ?? globs.find(({ glob }) => glob.testFolded(name))?.access;
  return { names: [...exact.keys()], globs, ofName };
}

function widest(all: readonly (Access | undefined)[]): Access | undefined {
  return all.includes('write') ? 'write' : all.find(access => access !== undefined);
}
