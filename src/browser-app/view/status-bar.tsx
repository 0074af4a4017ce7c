import { listing, shown } from '../state/listing.ts';
import { formatBytes } from '../words/format.ts';
import { say, sayCount } from '../words/words.ts';

/** What the folder has, and how much room is left. */
export function StatusBar() {
  const { head, phase } = listing.value;
  const entries = shown.value;
  const folders = entries.reduce((count, { kind }) => count + (kind === 'folder' ? 1 : 0), 0);
  const files = entries.length - folders;
  const parts = [
    ...(folders > 0 ? [sayCount('folders', folders)] : []),
    ...(files > 0 ? [sayCount('filesCount', files)] : []),
  ];
  const available = head?.quota?.available;
  return (
    <footer class="status-bar">
      <span role="status">{phase === 'loading' ? say('loading') : parts.join(', ')}</span>
      {available !== undefined && <span>{say('free', { size: formatBytes(available) })}</span>}
    </footer>
  );
}
