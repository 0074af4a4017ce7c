import { afterAll, beforeAll, describe, it } from 'vitest';
import { ADDRESSING } from './addressing.ts';
import { BATCH } from './batch.ts';
import { Bench } from './bench.ts';
import type { ContractCase } from './contract-case.ts';
import { COPIES } from './copies.ts';
import { DELETES } from './deletes.ts';
import { DELTA } from './delta.ts';
import { DOWNLOADS } from './downloads.ts';
import { FOLDERS } from './folders.ts';
import type { GraphTarget } from './graph-target.ts';
import { INVALID_BODIES } from './invalid-bodies.ts';
import { ITEMS } from './items.ts';
import { LISTING } from './listing.ts';
import { NAMES } from './names.ts';
import { QUERIES } from './queries.ts';
import { SEARCH_AND_THUMBNAILS } from './search-and-thumbnails.ts';
import { SESSION_CONFLICTS } from './session-conflicts.ts';
import { SESSION_REFUSALS } from './session-refusals.ts';
import { SESSIONS } from './sessions.ts';
import { SHARING } from './sharing.ts';
import { SIGN_IN } from './sign-in.ts';
import { SMALL_UPLOADS } from './small-uploads.ts';
import { TOKEN_REFUSALS } from './token-refusals.ts';
import { UPDATE_REFUSALS } from './update-refusals.ts';
import { UPDATES } from './updates.ts';
import { USERS } from './users.ts';
import { VERSIONS } from './versions.ts';

const AREAS: Record<string, readonly ContractCase[]> = {
  'sign-in': SIGN_IN,
  'refusals of tokens': TOKEN_REFUSALS,
  users: USERS,
  addressing: ADDRESSING,
  names: NAMES,
  items: ITEMS,
  queries: QUERIES,
  listing: LISTING,
  'small uploads': SMALL_UPLOADS,
  'upload sessions': SESSIONS,
  'refusals of upload sessions': SESSION_REFUSALS,
  'conflicts of upload sessions': SESSION_CONFLICTS,
  downloads: DOWNLOADS,
  folders: FOLDERS,
  updates: UPDATES,
  'refusals of updates': UPDATE_REFUSALS,
  'invalid bodies': INVALID_BODIES,
  deletes: DELETES,
  copies: COPIES,
  delta: DELTA,
  batch: BATCH,
  versions: VERSIONS,
  sharing: SHARING,
  'search and thumbnails': SEARCH_AND_THUMBNAILS,
};

/** Cases without what strict mode calls a violation, those with it, or all. */
export type Conduct = 'good' | 'bad' | 'all';

/**
 * What Microsoft Graph promises of OneDrive for Business to an application. Written from public documentation and
 * reports alone, so that it says the same of the emulator and of a real tenant. Each case has the source of its promise
 * in its title.
 *
 * Works in one folder of the drive, which it makes and removes. Gives the number of its cases, and prints it.
 */
export function describeGraph(name: string, open: () => Promise<GraphTarget>, conduct: Conduct = 'all'): number {
  const areas = Object.entries(AREAS).map(([area, cases]) => [area, cases.filter(isOf(conduct))] as const);
  const count = areas.reduce((sum, [, cases]) => sum + cases.length, 0);
  describe(name, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await Bench.open(await open());
    });
    afterAll(async () => {
      await bench?.close();
      console.log(`${name}: ${count} contract cases`);
    });
    for (const [area, cases] of areas.filter(each => each[1].length > 0)) {
      describe(area, () => {
        for (const contractCase of cases) {
          it(`${contractCase.it} [${contractCase.source}]`, context => {
            // A real drive is somebody's: what could harm it runs on one that its owner calls disposable, and on the emulator.
            context.skip(contractCase.endangers === true && !bench.target.disposable, 'the drive is not disposable');
            return contractCase.run(bench);
          });
        }
      });
    }
  });
  return count;
}

function isOf(conduct: Conduct): (contractCase: ContractCase) => boolean {
  return ({ violates = false }) => conduct === 'all' || violates === (conduct === 'bad');
}
