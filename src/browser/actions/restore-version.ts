import { checkConditions, hasConditions } from '../../webdav/check-conditions.ts';
import { committing, refuseLocked } from '../../webdav/locks/lock-guard.ts';
import { entryJson } from '../entry-json.ts';
import { unsupported } from '../errors.ts';
import { sendJson } from '../headers.ts';
import type { Action } from '../request.ts';
import { versionIdOf } from '../version-id.ts';

/**
 * `?action=restore-version` `{id}` of a file: makes the content of that version the current one. Conditions and locks
 * are checked as by PUT, now and right before the change. Answers the entry as OneDrive shows it then.
 */
export const restoreVersion: Action = async (request, response, input) => {
  const { drive, path, signal, services } = request;
  const id = versionIdOf(input.id);
  // Until its drive is open, a place has another name than the one that its locks are stored under.
  await drive.prepare(path, { signal });
  const check = async (fresh: boolean) => {
    const entry = await drive.stat(path, { signal, fresh });
    await checkConditions(request, entry);
  };
  await check(false);
  await refuseLocked(request, path, 'entry');
  const entry = await committing(request, [[path, 'entry']], begin => {
    const beforeCommit = async () => {
      await begin();
      if (hasConditions(request.conditions)) {
        await check(true);
      }
    };
    return drive.restoreVersion(path, id, { signal, beforeCommit });
  });
  if (entry === undefined) {
    throw unsupported('versions');
  }
  services.downloads.written(entry);
  sendJson(response, 200, { entry: entryJson(entry) });
};
