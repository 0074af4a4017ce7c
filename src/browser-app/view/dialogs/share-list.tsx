import { asRequestError } from '../../dav/errors.ts';
import { askShares, endShare, type Share } from '../../dav/shares.ts';
import { ask } from '../../state/dialogs.ts';
import { tell, tellFailure } from '../../state/toasts.ts';
import { formatTime } from '../../words/format.ts';
import { say, sayError } from '../../words/words.ts';
import { Modal } from '../modal.tsx';
import { useAnswer } from '../use-answer.ts';
import { renderConfirm } from './confirm.tsx';

/** Shows all links of the user. `root`: the href of the tree. */
export async function askAllShares(root: string): Promise<void> {
  await ask<never>(close => <AllShares root={root} onClose={() => close(undefined)} />);
}

function AllShares({ root, onClose }: { readonly root: string; readonly onClose: () => void }) {
  const { value, problem, again } = useAnswer(root, signal => askShares(root, signal));
  return (
    <Modal title={say('allShares')} kind="wide" onClose={onClose}>
      <p class="problem" role="alert">
        {problem}
      </p>
      <section class="listed">
        <ShareList shares={value?.shares} href={root} onEnded={again} isWithPath />
      </section>
    </Modal>
  );
}

interface ShareListProps {
  /** Undefined: not known yet. */
  readonly shares: readonly Share[] | undefined;
  /** Where they are asked to end. */
  readonly href: string;
  readonly onEnded: () => void;
  readonly isWithPath?: boolean;
}

/** The links that there are, those that work first. */
export function ShareList({ shares, href, onEnded, isWithPath = false }: ShareListProps) {
  if (shares === undefined) {
    return null;
  }
  const end = async ({ id }: Share) => {
    const question = { title: say('endShareTitle'), text: say('endShareText'), button: say('endShare') };
    if ((await ask(renderConfirm({ ...question, isDangerous: true }))) === undefined) {
      return;
    }
    try {
      await endShare(href, id);
      tell(say('shareIsEnded'));
    } catch (error) {
      tellFailure(sayError(asRequestError(error).code));
    }
    onEnded();
  };
  const sorted = shares.toSorted((a, b) => Number(isOver(a)) - Number(isOver(b)) || (a.created < b.created ? 1 : -1));
  return sorted.length === 0 ? (
    <p>{say('noShares')}</p>
  ) : (
    <ol>
      {sorted.map(share => (
        <li key={share.id} class={isOver(share) ? 'is-over' : ''}>
          <div>
            {isWithPath && (
              <bdi translate={false}>
                {share.path.join(' / ')}
                {share.target === 'folder' && ' /'}
              </bdi>
            )}
            <span>{say(share.kind === 'read' ? 'shareReadShort' : 'shareUploadShort')}</span>
            <small>{factsOf(share).join(' · ')}</small>
          </div>
          {!isOver(share) && (
            <button type="button" class="button small" onClick={() => void end(share)}>
              {say('endShare')}
            </button>
          )}
        </li>
      ))}
    </ol>
  );
}

/** One that was downloaded often enough is over, too, but can be open again by another configuration. */
function isOver({ state }: Share): boolean {
  return state === 'ended' || state === 'revoked';
}

const STATE_WORDS = { ended: 'shareEnded', revoked: 'shareRevoked', exhausted: 'shareExhausted' } as const;

function factsOf({ state, expires, password, maxDownloads, downloads = 0, opened }: Share): string[] {
  return [
    ...(state === 'open' ? [] : [say(STATE_WORDS[state])]),
    ...(state === 'open' || state === 'exhausted' ? [say('shareUntil', { time: formatTime(expires) })] : []),
    ...(password ? [say('shareWithPassword')] : []),
    ...(maxDownloads === undefined ? [] : [say('shareDownloaded', { done: downloads, n: maxDownloads })]),
    opened === undefined ? say('shareUnopened') : say('shareOpened', { time: formatTime(opened) }),
  ];
}
