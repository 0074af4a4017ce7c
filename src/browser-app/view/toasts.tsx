import { closeToast, toasts } from '../state/toasts.ts';
import { say } from '../words/words.ts';
import { Icon } from './icons.tsx';

/** Short news, at the bottom. Failures are read out at once, the rest when there is a pause. */
export function Toasts() {
  const isFailure = ({ kind }: { kind: string }) => kind === 'error';
  return (
    <div class="toasts">
      <div role="status">{toasts.value.filter(toast => !isFailure(toast)).map(ToastView)}</div>
      <div role="alert">{toasts.value.filter(isFailure).map(ToastView)}</div>
    </div>
  );
}

function ToastView({ id, text, kind, progress }: (typeof toasts.value)[number]) {
  return (
    <div class={`toast ${kind}`} key={id}>
      <Icon name={kind === 'error' ? 'warning' : progress === undefined ? 'check' : 'clock'} />
      <span dir="auto">{text}</span>
      {progress === undefined ? (
        <button type="button" class="icon-button" aria-label={say('close')} onClick={() => closeToast(id)}>
          <Icon name="close" />
        </button>
      ) : (
        <progress value={progress} aria-label={text} />
      )}
    </div>
  );
}
