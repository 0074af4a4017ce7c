import { Toasts } from './toasts.tsx';
import { UploadPanel } from './upload-panel.tsx';

/** What happens beside the work of the user; on a phone the one is above the other, and nothing covers a button. */
export function News() {
  return (
    <div class="news">
      <Toasts />
      <UploadPanel />
    </div>
  );
}
