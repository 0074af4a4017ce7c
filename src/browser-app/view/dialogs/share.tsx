import { useRef, useState } from 'preact/hooks';
import type { Entry } from '../../dav/entry.ts';
import { asRequestError } from '../../dav/errors.ts';
import { askShares, makeShare, type ShareKind } from '../../dav/shares.ts';
import { ask } from '../../state/dialogs.ts';
import { say, sayError } from '../../words/words.ts';
import { copyText } from '../copy-text.ts';
import { Modal } from '../modal.tsx';
import { useAnswer } from '../use-answer.ts';
import { ShareForm, toShareWish, type WishFields } from './share-form.tsx';
import { ShareList } from './share-list.tsx';

export interface Shared extends Pick<Entry, 'name'> {
  readonly href: string;
  /** What the user may make of it; at least one. */
  readonly kinds: readonly ShareKind[];
}

/** Makes links to a file or folder, and shows and ends those that there are. */
export async function askShare(shared: Shared): Promise<void> {
  await ask<never>(close => <ShareDialog {...shared} onClose={() => close(undefined)} />);
}

function ShareDialog({ name, href, kinds, onClose }: Shared & { readonly onClose: () => void }) {
  const [url, setUrl] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const known = useAnswer(href, signal => askShares(href, signal));
  const [wish, setWish] = useState<WishFields>({ kind: kinds[0]!, day: '', password: '', most: '' });
  const limits = known.value?.limits;
  const submit = async () => {
    if (limits === undefined || url !== undefined || isBusy) {
      return;
    }
    setBusy(true);
    try {
      setUrl(await makeShare(href, toShareWish(wish, limits)));
      setProblem(undefined);
      known.again();
    } catch (error) {
      setProblem(objectionOf(error));
    }
    setBusy(false);
  };
  return (
    <Modal title={say('shareTitle', { name })} kind="wide" onClose={onClose} submit={() => void submit()}>
      {url !== undefined && <MadeLink url={url} />}
      {url === undefined && limits !== undefined && (
        <ShareForm kinds={kinds} limits={limits} wish={wish} change={part => setWish({ ...wish, ...part })} />
      )}
      <p class="problem" role="alert">
        {problem ?? known.problem}
      </p>
      {url === undefined && (
        <footer>
          <button type="submit" class="button primary" disabled={isBusy || limits === undefined}>
            {say('shareMake')}
          </button>
        </footer>
      )}
      <section class="listed">
        <h3>{say('shares')}</h3>
        <ShareList shares={known.value?.shares} href={href} onEnded={known.again} />
      </section>
    </Modal>
  );
}

function MadeLink({ url }: { readonly url: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => setCopied(await copyText(field.current!));
  return (
    <div class="made" role="status">
      <p>{say('shareMade')}</p>
      <div class="with-button">
        <input
          ref={field}
          class="link"
          readOnly
          value={url}
          aria-label={say('link')}
          onFocus={() => field.current?.select()}
        />
        <button type="button" class="button primary" autoFocus onClick={() => void copy()}>
          {say(isCopied ? 'linkCopied' : 'copyLink')}
        </button>
      </div>
    </div>
  );
}

/** These statuses mean something else than for a file (decision 32). */
function objectionOf(error: unknown): string {
  const { status, code } = asRequestError(error);
  const own = { 400: 'shareRefused', 409: 'shareTooMany' } as const;
  return status === 400 || status === 409 ? say(own[status]) : sayError(code);
}
