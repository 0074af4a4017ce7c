import { useRef, useState } from 'preact/hooks';
import type { Entry } from '../../dav/entry.ts';
import { asRequestError } from '../../dav/errors.ts';
import { askShares, makeShare, type ShareKind, type ShareLimits, type ShareWish } from '../../dav/shares.ts';
import { ask } from '../../state/dialogs.ts';
import { tell } from '../../state/toasts.ts';
import { dayIn, endOfDay } from '../../words/days.ts';
import { say, sayError } from '../../words/words.ts';
import { copyText } from '../copy-text.ts';
import { Modal } from '../modal.tsx';
import { useAnswer } from '../use-answer.ts';
import { ShareList } from './share-list.tsx';

/** The life of a share where nobody chooses another one, in days, if it may be so long. */
const USUAL_DAYS = 7;

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
  const [wish, setWish] = useState<Wish>({ kind: kinds[0]!, day: '', password: '', most: '' });
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
        <WishForm kinds={kinds} limits={limits} wish={wish} change={part => setWish({ ...wish, ...part })} />
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

/** What is in the fields. */
interface Wish {
  readonly kind: ShareKind;
  /** Empty: the usual one. */
  readonly day: string;
  readonly password: string;
  readonly most: string;
}

interface WishFormProps {
  readonly kinds: readonly ShareKind[];
  readonly limits: ShareLimits;
  readonly wish: Wish;
  readonly change: (part: Partial<Wish>) => void;
}

function WishForm({ kinds, limits, wish, change }: WishFormProps) {
  const { maxDays, requirePassword, minPassword, maxDownloads } = limits;
  return (
    <>
      <KindChoice kinds={kinds} chosen={wish.kind} choose={kind => change({ kind })} />
      <div class="fields">
        <label class="field">
          <span>{say('shareEnd')}</span>
          <input
            type="date"
            required
            min={dayIn(0)}
            max={dayIn(maxDays)}
            value={dayOfWish(wish, limits)}
            onInput={event => change({ day: event.currentTarget.value })}
          />
        </label>
        {wish.kind === 'read' && (
          <label class="field">
            <span>{say('shareDownloads')}</span>
            <input
              type="number"
              inputMode="numeric"
              min={1}
              max={maxDownloads}
              step={1}
              value={wish.most}
              onInput={event => change({ most: event.currentTarget.value })}
            />
          </label>
        )}
      </div>
      <label class="field">
        <span>
          {say(requirePassword ? 'sharePassword' : 'sharePasswordOptional')}{' '}
          {say('sharePasswordHint', { n: minPassword })}
        </span>
        <input
          type="text"
          required={requirePassword}
          minLength={minPassword}
          maxLength={200}
          autoComplete="off"
          spellcheck={false}
          value={wish.password}
          onInput={event => change({ password: event.currentTarget.value })}
        />
      </label>
    </>
  );
}

function KindChoice({
  kinds,
  chosen,
  choose,
}: {
  readonly kinds: readonly ShareKind[];
  readonly chosen: ShareKind;
  readonly choose: (kind: ShareKind) => void;
}) {
  return (
    <fieldset class="choice">
      <legend>{say('shareFor')}</legend>
      {kinds.map(kind => (
        <label key={kind} class="check">
          <input type="radio" name="kind" checked={kind === chosen} onChange={() => choose(kind)} />
          {say(kind === 'read' ? 'shareRead' : 'shareUpload')}
        </label>
      ))}
    </fieldset>
  );
}

function MadeLink({ url }: { readonly url: string }) {
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => {
    if (await copyText(field.current!)) {
      tell(say('linkCopied'));
    }
  };
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
          {say('copyLink')}
        </button>
      </div>
    </div>
  );
}

function dayOfWish({ day }: Wish, { maxDays }: ShareLimits): string {
  return day === '' ? dayIn(Math.min(USUAL_DAYS, maxDays)) : day;
}

/** The last day that is allowed is the server's to end: its clock decides how long that is. */
function toShareWish(wish: Wish, limits: ShareLimits): ShareWish {
  const { kind, password, most } = wish;
  const day = dayOfWish(wish, limits);
  return {
    kind,
    ...(day === dayIn(limits.maxDays) ? {} : { expires: endOfDay(day).toISOString() }),
    ...(password === '' ? {} : { password }),
    ...(kind === 'upload' || most === '' ? {} : { maxDownloads: Number(most) }),
  };
}

/** These statuses mean something else than for a file (decision 32). */
function objectionOf(error: unknown): string {
  const { status, code } = asRequestError(error);
  const own = { 400: 'shareRefused', 409: 'shareTooMany' } as const;
  return status === 400 || status === 409 ? say(own[status]) : sayError(code);
}
