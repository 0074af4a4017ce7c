import { describe, expect, it } from 'vitest';
import type { Change, Changes, SyncLevel } from '../../src/drive/changes.ts';
import type { Drive } from '../../src/drive/drive.ts';
import type { Entry } from '../../src/drive/entry.ts';
import { type DrivePath, toDrivePath } from '../../src/drive/path.ts';

type Told = Extract<Changes, { kind: 'changes' }>;

const live = () => ({ signal: new AbortController().signal });

/** The promises of `changes`, `syncToken` and `tellsChanges`. `folder` makes one of its own for each test. */
export function describeDriveChanges(folder: () => Promise<{ readonly drive: Drive; readonly name: string }>): void {
  describe('changes', () => {
    it('tells all that is there at first, down to the level', async () => {
      const at = await work();
      await at.write('a/b/file', 'x');
      await at.write('file', 'x');
      expect(shown(await at.changes({ level: 1 }))).toEqual(['a/', 'file']);
      expect(shown(await at.changes({ level: 'infinite' }))).toEqual(['a/', 'a/b/', 'a/b/file', 'file']);
      expect(shown(await at.changes({ level: 'infinite' }, 'a/b'))).toEqual(['file']);
      expect(at.drive.tellsChanges(at.path('a'))).toBe(true);
    });

    it('gives entries as list does', async () => {
      const at = await work();
      await at.write('file', 'x');
      const { changes } = await at.changes({ level: 1 });
      const [entry] = await at.drive.list(at.path(''), live());
      expect(changes).toEqual([{ names: ['file'], state: 'present', entry }]);
    });

    it.each([1, 'infinite'] as const)('tells what has come, changed and gone since a token, level %s', async level => {
      const at = await work();
      await at.write('stays', 'x');
      await at.write('changes', 'x');
      await at.write('goes', 'x');
      const { token } = await at.changes({ level });
      expect(shown(await at.changes({ level, since: token }))).toEqual([]);
      await at.write('changes', 'longer');
      await at.write('comes', 'x');
      await at.drive.remove(at.path('goes'), live());
      const told = await at.changes({ level, since: token });
      expect(shown(told)).toEqual(['-goes', 'changes', 'comes']);
      expect(shown(await at.changes({ level, since: told.token }))).toEqual([]);
      expect(shown(await at.changes({ level, since: token }))).toEqual(['-goes', 'changes', 'comes']);
    });

    it('a folder that moves takes all that is in it to its new place', async () => {
      const at = await work();
      await at.write('from/deep/file', 'x');
      await at.drive.makeFolder(at.path('to'), live());
      const { token } = await at.changes({ level: 'infinite' });
      await at.drive.move(at.path('from'), at.path('to/here'), { ...live(), overwrite: false });
      const told = shown(await at.changes({ level: 'infinite', since: token })).filter(each => each !== 'to/');
      const there = ['to/here/', 'to/here/deep/', 'to/here/deep/file'];
      expect(told).toEqual(['-from/', '-from/deep/', '-from/deep/file', ...there]);
    });

    it('an item that leaves the folder is gone from it, and has come to its new folder', async () => {
      const at = await work();
      await at.write('one/file', 'x');
      await at.drive.makeFolder(at.path('other'), live());
      const [one, other] = [await at.changes({ level: 1 }, 'one'), await at.changes({ level: 1 }, 'other')];
      await at.drive.move(at.path('one/file'), at.path('other/file'), { ...live(), overwrite: false });
      expect(shown(await at.changes({ level: 1, since: one.token }, 'one'))).toEqual(['-file']);
      expect(shown(await at.changes({ level: 1, since: other.token }, 'other'))).toEqual(['file']);
    });

    it('another spelling is another name', async () => {
      const at = await work();
      await at.write('folder/file', 'x');
      const { token } = await at.changes({ level: 'infinite' });
      await at.drive.move(at.path('folder'), at.path('FOLDER'), { ...live(), overwrite: false });
      const told = shown(await at.changes({ level: 'infinite', since: token }));
      expect(told).toEqual(['-folder/', '-folder/file', 'FOLDER/', 'FOLDER/file']);
    });

    it('a file in the place of a folder is told, and what was in it is gone', async () => {
      const at = await work();
      await at.write('x/file', 'x');
      const { token } = await at.changes({ level: 'infinite' });
      await at.drive.remove(at.path('x'), live());
      await at.write('x', 'now a file');
      const { changes } = await at.changes({ level: 'infinite', since: token });
      expect(changes.at(-1)).toMatchObject({ names: ['x'], state: 'present', entry: { kind: 'file' } });
      expect(changes.slice(0, -1).map(format).sort()).toEqual(['-x/', '-x/file']);
    });

    it.each([1, 3, 100])('%i at a time are as many as at once', async limit => {
      const at = await work();
      for (const name of ['a', 'b/c', 'b/d', 'e']) {
        await at.write(name, 'x');
      }
      const state = new Map<string, Entry>();
      const first = await at.follow(state, { level: 'infinite', limit });
      expect([...state.keys()].sort()).toEqual(['a', 'b', 'b/c', 'b/d', 'e']);
      await at.drive.remove(at.path('b'), live());
      await at.write('f', 'x');
      await at.follow(state, { level: 'infinite', limit, since: first });
      expect([...state.keys()].sort()).toEqual(['a', 'e', 'f']);
    });

    it('says that a token is not valid: made up, of another folder, or of another level', async () => {
      const at = await work();
      await at.write('a/file', 'x');
      const [one, all] = [await at.changes({ level: 1 }), await at.changes({ level: 'infinite' })];
      const other = await at.changes({ level: 1 }, 'a');
      const madeUp = ['', 'x', 'urn:onedrive-webdav:sync:', `${one.token}0`, one.token.replace(/.$/, 'x')];
      for (const since of [...madeUp, 'https://graph.microsoft.com/v1.0/drives/x/root/delta', all.token, other.token]) {
        const told = await at.drive.changes(at.path(''), { ...live(), level: 1, since });
        expect(told.kind, since).toBe('invalid-token');
      }
    });

    it('says is-file for a file and not-found for nothing', async () => {
      const at = await work();
      await at.write('file', 'x');
      for (const [name, code] of [
        ['file', 'is-file'],
        ['missing', 'not-found'],
      ] as const) {
        const path = at.path(name);
        await expect(at.drive.changes(path, { ...live(), level: 1 })).rejects.toMatchObject({ code });
        await expect(at.drive.syncToken(path, live())).rejects.toMatchObject({ code });
      }
    });

    it('syncToken stays while nothing changes, and a client may begin with it', async () => {
      const at = await work();
      await at.write('file', 'x');
      const first = (await at.drive.syncToken(at.path(''), live()))!;
      const all = await at.changes({ level: 'infinite' });
      const now = (like: string) => at.drive.syncToken(at.path(''), { ...live(), like });
      expect([await now(first), await now(all.token)]).toEqual([first, all.token]);
      await at.write('other', 'x');
      expect(await now(first)).not.toBe(first);
      expect(await now(all.token)).not.toBe(all.token);
      expect(shown(await at.changes({ level: 1, since: first }))).toEqual(['other']);
    });

    it('syncToken of the whole tree changes with anything below, and only then', async () => {
      const at = await work();
      await at.write('a/b/file', 'x');
      const now = () => at.drive.syncToken(at.path(''), { ...live(), level: 'infinite' });
      const seen = [await now(), await now()];
      await at.write('a/b/file', 'longer');
      seen.push(await now(), await now());
      await at.drive.remove(at.path('a/b/file'), live());
      seen.push(await now());
      expect(seen[1]).toBe(seen[0]);
      expect(seen[3]).toBe(seen[2]);
      expect(new Set(seen).size).toBe(3);
      expect(shown(await at.changes({ level: 'infinite', since: seen[4] }))).toEqual([]);
    });

    async function work() {
      const { drive, name } = await folder();
      const path = (text: string): DrivePath => toDrivePath([name, ...text.split('/').filter(each => each !== '')]);
      const makeParents = async (text: string): Promise<void> => {
        const names = text.split('/').slice(0, -1);
        for (const depth of names.keys()) {
          await drive.makeFolder(path(names.slice(0, depth + 1).join('/')), live()).catch(() => {});
        }
      };
      const changes = async (options: { level: SyncLevel; since?: string; limit?: number }, at = ''): Promise<Told> => {
        const told = await drive.changes(path(at), { ...live(), ...options });
        expect(told.kind).toBe('changes');
        const members = (told as Told).changes.map(change => format(change).replace(/^-/, ''));
        expect(new Set(members).size).toBe(members.length);
        return told as Told;
      };
      return {
        drive,
        path,
        changes,
        write: async (text: string, content: string) => {
          await makeParents(text);
          const bytes = Buffer.from(content);
          await drive.write(path(text), once(bytes), { ...live(), length: bytes.length });
        },
        /** Applies the reported changes to `state`, as often as there are more; returns the last token. */
        follow: async (
          state: Map<string, Entry>,
          options: { level: SyncLevel; since?: string; limit: number },
        ): Promise<string> => {
          let { since } = options;
          for (let more = true; more; ) {
            const told = await changes({ ...options, since });
            expect(told.changes.length).toBeLessThanOrEqual(options.limit);
            apply(state, told.changes);
            since = told.token;
            more = !told.isComplete;
          }
          return since!;
        },
      };
    }
  });
}

/** Applies changes as a client does. */
function apply(state: Map<string, Entry>, changes: readonly Change[]): void {
  for (const change of changes) {
    const path = change.names.join('/');
    state.delete(path);
    if (change.state === 'present') {
      state.set(path, change.entry);
    }
  }
}

/** Removed members first, each group by name. */
function shown({ changes }: Told): string[] {
  const formatted = changes.map(format);
  const isGone = (text: string) => text.startsWith('-');
  return [...formatted.filter(isGone).sort(), ...formatted.filter(text => !isGone(text)).sort()];
}

function format(change: Change): string {
  const kind = change.state === 'present' ? change.entry.kind : change.state === 'removed' ? change.kind : 'folder';
  return `${change.state === 'removed' ? '-' : ''}${change.names.join('/')}${kind === 'folder' ? '/' : ''}`;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
