import { useEffect } from 'preact/hooks';
import { dialogs } from '../state/dialogs.ts';
import { type Collection, collectChosen } from '../upload/collect.ts';

/** Takes files that are pasted anywhere on the page, unless a dialog is open. */
export function usePastedFiles(take: (collection: Collection) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = event.clipboardData?.files ?? [];
      if (files.length > 0 && dialogs.value.length === 0) {
        event.preventDefault();
        take(collectChosen(files));
      }
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, []);
}
