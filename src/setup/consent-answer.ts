import { timingSafeEqual } from 'node:crypto';

/** The answer of Microsoft's consent page, as the browser brings it back. */
export type ConsentAnswer = { readonly kind: 'granted' } | ConsentRefusal;

export interface ConsentRefusal {
  readonly kind: 'refused';
  /** The person or system that refused. */
  readonly by: string;
  /** The cause and the cure. */
  readonly reason: string;
  readonly cure: string;
  /** Microsoft's own words, for looking them up; untrusted text. */
  readonly detail: string;
}

/** `stray`: not from a consent page. `foreign`: an answer to a request that is not ours. */
export type ReceivedAnswer = ConsentAnswer | { readonly kind: 'stray' | 'foreign' };

const MAX_DETAIL_CHARACTERS = 400;
const ADMINISTRATOR = 'a Privileged Role Administrator or Global Administrator';
const ENTRA = 'Microsoft Entra';

type Explanation = Omit<ConsentRefusal, 'kind' | 'detail'>;

const DECLINED: Explanation = {
  by: 'the person who signed in',
  reason: 'they declined on the consent page, or left it',
  cure: `open the address again and choose Accept, as ${ADMINISTRATOR}`,
};
const NOT_ADMINISTRATOR: Explanation = {
  by: ENTRA,
  reason: 'the account that signed in may not grant application permissions of Microsoft Graph',
  cure: `sign in as ${ADMINISTRATOR}; an Application Administrator is not enough for these permissions`,
};
const MISCONFIGURED: Explanation = {
  by: ENTRA,
  reason: 'the application asks for no permissions, or for ones that are not configured correctly',
  cure: 'add the application permissions of Microsoft Graph to the registration, then open the address again',
};
const OTHER: Explanation = {
  by: ENTRA,
  reason: 'the reason is unknown to setup',
  cure: 'look the code up at https://login.microsoftonline.com/error, then open the address again',
};

/** By AADSTS code (learn, "Microsoft Entra authentication and authorization error codes"). */
const EXPLANATIONS: Record<string, Explanation> = {
  '65004': DECLINED,
  '65001': NOT_ADMINISTRATOR,
  '90093': NOT_ADMINISTRATOR,
  '90094': NOT_ADMINISTRATOR,
  '65005': MISCONFIGURED,
  '650056': MISCONFIGURED,
  '53003': {
    by: ENTRA,
    reason: 'a Conditional Access policy blocks this sign-in',
    cure: 'sign in from a place that the policy allows, or ask an administrator to change the policy',
  },
};

/**
 * Reads the query of a redirect (learn, "Admin consent on the Microsoft identity platform"). Consent is granted only if
 * the query has `admin_consent=True` and no error: v2 sends both together. The tenant in it is ignored, since anybody
 * can write such a URL.
 */
export function readConsentAnswer(query: URLSearchParams, state: string): ReceivedAnswer {
  const error = query.get('error');
  const consent = query.get('admin_consent');
  if (error === null && consent === null) {
    return { kind: 'stray' };
  }
  if (!isSame(query.get('state') ?? '', state)) {
    return { kind: 'foreign' };
  }
  if (error === null && consent?.toLowerCase() === 'true') {
    return { kind: 'granted' };
  }
  return refusal(error ?? 'no consent', query.get('error_description') ?? '');
}

function refusal(error: string, description: string): ConsentRefusal {
  const detail = `${error}${description === '' ? '' : `: ${description.split(/[\r\n]/, 1)[0]}`}`.slice(
    0,
    MAX_DETAIL_CHARACTERS,
  );
  const code = /AADSTS(\d+)/.exec(description)?.[1];
  // The button Cancel gives these two errors without a code.
  const isDenial = code === undefined && (error === 'access_denied' || error === 'permission_denied');
  return { kind: 'refused', ...(isDenial ? DECLINED : (EXPLANATIONS[code ?? ''] ?? OTHER)), detail };
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
