import type { ShareKind, ShareLimits, ShareWish } from '../../dav/shares.ts';
import { dayIn, endOfDay } from '../../words/days.ts';
import { say } from '../../words/words.ts';

/** The life of a share where nobody chooses another one, in days, if it may be so long. */
const USUAL_DAYS = 7;

/** What is in the fields. */
export interface WishFields {
  readonly kind: ShareKind;
  /** Empty: the usual one. */
  readonly day: string;
  readonly password: string;
  readonly most: string;
}

interface ShareFormProps {
  readonly kinds: readonly ShareKind[];
  readonly limits: ShareLimits;
  readonly wish: WishFields;
  readonly change: (part: Partial<WishFields>) => void;
}

/** The fields of a new link. */
export function ShareForm({ kinds, limits, wish, change }: ShareFormProps) {
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

function dayOfWish({ day }: WishFields, { maxDays }: ShareLimits): string {
  return day === '' ? dayIn(Math.min(USUAL_DAYS, maxDays)) : day;
}

/** The last day that is allowed is the server's to end: its clock decides how long that is. */
export function toShareWish(wish: WishFields, limits: ShareLimits): ShareWish {
  const { kind, password, most } = wish;
  const day = dayOfWish(wish, limits);
  return {
    kind,
    ...(day === dayIn(limits.maxDays) ? {} : { expires: endOfDay(day).toISOString() }),
    ...(password === '' ? {} : { password }),
    ...(kind === 'upload' || most === '' ? {} : { maxDownloads: Number(most) }),
  };
}
