import { useState } from 'preact/hooks';
import { fileKindOf } from '../dav/file-kind.ts';
import { summary, uploader } from '../state/uploads.ts';
import type { Status, Upload } from '../upload/upload.ts';
import { formatBytes, formatPercent } from '../words/format.ts';
import { say, sayCount, sayError } from '../words/words.ts';
import { FileIcon, Icon, type IconName } from './icons.tsx';

/** A folder of thousands of files has no use for a line of each; those that need somebody come first. */
const MAX_LINES = 100;

const FIRST: readonly Status[] = ['failed', 'asking', 'running', 'retrying', 'paused', 'waiting', 'skipped', 'done'];

/** What is uploaded, and how far it is. */
export function UploadPanel() {
  const [isOpen, setOpen] = useState(true);
  const { total, active, done, failed, bytes, sent } = summary.value;
  if (total === 0) {
    return null;
  }
  const title =
    active > 0
      ? sayCount('uploading', active)
      : failed > 0
        ? sayCount('uploadFailed', failed)
        : sayCount('uploaded', done);
  const uploads = uploader.uploads.value;
  return (
    <section class="upload-panel" aria-label={say('uploads')}>
      <header>
        <h2>
          <span role="status">{title}</span>
        </h2>
        {active > 0 ? (
          <button type="button" class="button small" onClick={() => uploader.cancelAll()}>
            {say('cancelAll')}
          </button>
        ) : (
          <button
            type="button"
            class="icon-button"
            aria-label={say('clearDone')}
            title={say('clearDone')}
            onClick={() => uploader.clear()}
          >
            <Icon name="close" />
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          aria-label={say(isOpen ? 'collapse' : 'expand')}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? 'down' : 'up'} />
        </button>
      </header>
      {active > 0 && <progress value={bytes === 0 ? 0 : sent / bytes} aria-label={title} />}
      {isOpen && (
        <ul tabIndex={0} aria-label={say('uploads')}>
          {linesOf(uploads).map(upload => (
            <Line key={upload.id} upload={upload} />
          ))}
        </ul>
      )}
    </section>
  );
}

function linesOf(uploads: readonly Upload[]): Upload[] {
  return FIRST.flatMap(status => uploads.filter(upload => upload.status.value === status)).slice(0, MAX_LINES);
}

function Line({ upload }: { readonly upload: Upload }) {
  const name = upload.name.value;
  const status = upload.status.value;
  const { size } = upload.file;
  return (
    <li class={`upload ${status}`}>
      <FileIcon kind={fileKindOf({ name, kind: 'file', type: upload.file.type })} />
      <div class="upload-text">
        <bdi translate={false}>{[...upload.path, name].join(' / ')}</bdi>
        <small>{stateOf(upload)}</small>
        {status === 'running' && <progress value={size === 0 ? 1 : upload.sent.value / size} aria-label={name} />}
      </div>
      <Buttons upload={upload} />
    </li>
  );
}

function stateOf(upload: Upload): string {
  const { size } = upload.file;
  const texts: Record<Status, () => string> = {
    waiting: () => say('stateWaiting'),
    running: () => say('stateRunning', { percent: formatPercent(upload.sent.value, size), size: formatBytes(size) }),
    retrying: () => say('stateRetrying'),
    asking: () => say('stateAsking'),
    paused: () => say('statePaused'),
    done: () => say('stateDone'),
    failed: () => sayError(upload.error.value?.code ?? 'failed'),
    skipped: () => say('stateSkipped'),
    cancelled: () => '',
  };
  return texts[upload.status.value]();
}

function Buttons({ upload }: { readonly upload: Upload }) {
  const values = { name: upload.name.value };
  const status = upload.status.value;
  const canPause = status === 'running' || status === 'waiting' || status === 'retrying';
  return (
    <>
      {canPause && <Press icon="pause" label={say('pauseUpload', values)} onClick={() => uploader.pause(upload)} />}
      {status === 'paused' && (
        <Press icon="play" label={say('resumeUpload', values)} onClick={() => uploader.resume(upload)} />
      )}
      {status === 'failed' && (
        <Press icon="refresh" label={say('retryUpload', values)} onClick={() => uploader.resume(upload)} />
      )}
      {status !== 'done' && status !== 'skipped' && (
        <Press icon="close" label={say('cancelUpload', values)} onClick={() => uploader.cancel(upload)} />
      )}
    </>
  );
}

function Press({
  icon,
  label,
  onClick,
}: {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
}) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
