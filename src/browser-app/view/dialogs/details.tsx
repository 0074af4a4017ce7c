import type { Entry } from '../../dav/entry.ts';
import { asRequestError } from '../../dav/errors.ts';
import { fileKindOf } from '../../dav/file-kind.ts';
import { viewHref } from '../../dav/href.ts';
import { act, getJson } from '../../dav/methods.ts';
import { ask } from '../../state/dialogs.ts';
import { listing, refresh } from '../../state/listing.ts';
import { hrefOf } from '../../state/navigation.ts';
import { tell, tellFailure } from '../../state/toasts.ts';
import { formatBytes, formatTime } from '../../words/format.ts';
import { say, sayError } from '../../words/words.ts';
import { FileIcon } from '../icons.tsx';
import { Modal } from '../modal.tsx';
import { useAnswer } from '../use-answer.ts';
import { renderConfirm } from './confirm.tsx';

interface Details {
  readonly size?: number;
  readonly created: string;
  readonly modified: string;
  readonly createdBy?: string;
  readonly modifiedBy?: string;
  readonly type?: string;
  readonly quickXorHash?: string;
}

interface Version {
  readonly id: string;
  readonly modified: string;
  readonly by?: string;
  readonly size?: number;
  readonly current: boolean;
}

/** Shows what is known of an entry. */
export async function askDetails(entry: Entry): Promise<void> {
  const href = hrefOf(entry);
  await ask<never>(close => <DetailsDialog entry={entry} href={href} onClose={() => close(undefined)} />);
}

function DetailsDialog({
  entry,
  href,
  onClose,
}: {
  readonly entry: Entry;
  readonly href: string;
  readonly onClose: () => void;
}) {
  const url = viewHref(href, 'details');
  const { value: details, problem } = useAnswer(url, signal => getJson<Details>(url, signal));
  const canRead = entry.kind === 'file' && (listing.value.head?.can.versions ?? false);
  return (
    <Modal title={say('details')} kind="wide" onClose={onClose}>
      <div class="details-name">
        <FileIcon kind={fileKindOf(entry)} isShortcut={entry.shortcut ?? false} />
        <bdi translate={false}>{entry.name}</bdi>
      </div>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <Facts entry={entry} details={details} />
      {canRead && <Versions entry={entry} href={href} onRestored={onClose} />}
    </Modal>
  );
}

function Facts({ entry, details }: { readonly entry: Entry; readonly details: Details | undefined }) {
  const size = details?.size ?? entry.size;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [say('type'), details?.type ?? entry.type ?? say(entry.kind)],
    [say('size'), size === undefined ? undefined : formatBytes(size)],
    [say('modified'), formatTime(details?.modified ?? entry.modified)],
    [say('changedBy'), details?.modifiedBy],
    [say('created'), entry.created === undefined ? undefined : formatTime(details?.created ?? entry.created)],
    [say('createdBy'), details?.createdBy],
    [say('hash'), details?.quickXorHash],
  ];
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd translate={false} dir="auto">
              {value}
            </dd>
          </div>
        ))}
    </dl>
  );
}

interface VersionsProps {
  readonly entry: Entry;
  readonly href: string;
  readonly onRestored: () => void;
}

function Versions({ entry, href, onRestored }: VersionsProps) {
  const url = viewHref(href, 'versions');
  const { value: answer, problem } = useAnswer(url, signal => getJson<{ versions: readonly Version[] }>(url, signal));
  const restore = async ({ id, modified }: Version) => {
    const title = say('restoreTitle', { time: formatTime(modified) });
    if ((await ask(renderConfirm({ title, text: say('restoreText'), button: say('restore') }))) === undefined) {
      return;
    }
    try {
      await act(href, 'restore-version', { id });
      tell(say('restored'));
      onRestored();
      await refresh();
    } catch (error) {
      tellFailure(say('failedFor', { name: entry.name, reason: sayError(asRequestError(error).code) }));
    }
  };
  const versions = answer?.versions ?? [];
  const canWrite = listing.value.head?.access === 'write';
  return (
    <section class="listed">
      <h3>{say('versions')}</h3>
      {problem !== undefined && <p class="problem">{problem}</p>}
      {answer !== undefined && versions.length <= 1 && <p>{say('noVersions')}</p>}
      {versions.length > 1 && (
        <ol>
          {versions.map(version => (
            <li key={version.id}>
              <div>
                <time dateTime={version.modified}>{formatTime(version.modified)}</time>
                <small>
                  {[version.by, version.size === undefined ? undefined : formatBytes(version.size)]
                    .filter(Boolean)
                    .join(' · ')}
                </small>
              </div>
              {version.current ? (
                <span class="badge">{say('currentVersion')}</span>
              ) : (
                <>
                  <a class="button small" href={viewHref(href, 'version', { id: version.id })} download={entry.name}>
                    {say('download')}
                  </a>
                  {canWrite && (
                    <button type="button" class="button small" onClick={() => void restore(version)}>
                      {say('restore')}
                    </button>
                  )}
                </>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
