import type { Entry } from '../../dav/entry.ts';

/** What each kind of preview gets. */
export interface PreviewProps {
  readonly entry: Entry;
  /** Called when the preview cannot be shown. */
  readonly onFail: (reason: string) => void;
}
