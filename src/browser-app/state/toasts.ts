import { signal } from '@preact/signals';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: 'info' | 'error';
  /** Between 0 and 1 while something is being done. */
  readonly progress?: number;
}

/** Long enough to read two lines; a failure stays until it is closed. */
const SHOWN_MS = 6_000;

export const toasts = signal<readonly Toast[]>([]);

let last = 0;

/** Tells the user of something that is done. */
export function tell(text: string): void {
  const id = add({ text, kind: 'info' });
  setTimeout(() => closeToast(id), SHOWN_MS);
}

/** Tells the user of a failure. */
export function tellFailure(text: string): void {
  add({ text, kind: 'error' });
}

/** Shows something that is being done, until `end`. */
export function tellProgress(text: string): { update(text: string, progress: number): void; end(): void } {
  const id = add({ text, kind: 'info', progress: 0 });
  return {
    update: (newText, progress) => {
      toasts.value = toasts.value.map(toast => (toast.id === id ? { ...toast, text: newText, progress } : toast));
    },
    end: () => closeToast(id),
  };
}

export function closeToast(id: number): void {
  toasts.value = toasts.value.filter(toast => toast.id !== id);
}

function add(toast: Omit<Toast, 'id'>): number {
  last += 1;
  toasts.value = [...toasts.value, { ...toast, id: last }];
  return last;
}
