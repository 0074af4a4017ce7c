import type { DriveItem } from '../graph/drive-item.ts';
import type { Known } from './metadata-node.ts';
import { UNPROVEN } from './unproven-absences.ts';

/** The result of a look-up by path. */
export type Look = Known | typeof UNPROVEN;

/** A folder as one call shows it. `members` are all of them, or undefined when the call did not show all. */
export interface FolderLook {
  readonly look: Look;
  readonly members?: readonly DriveItem[] | undefined;
}

/** Returns the item that a request uses: none, for an absence that is not proven. */
export function itemOf(look: Look): Known {
  return look === UNPROVEN ? null : look;
}
