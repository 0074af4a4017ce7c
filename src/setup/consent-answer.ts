import { timingSafeEqual } from 'node:crypto';

/** What Microsoft's consent page has sent back with the browser. */
export type ConsentAnswer = { readonly kind: 'granted' } | ConsentRefusal;

export interface ConsentRefusal {
  readonly kind: 'refused';
  /** Who refused. */
  readonly by: string;
  /** What happened, and what to do about it. */
  readonly reason: string;
  readonly cure: string;
  /** Microsoft's own words, from outside: for people who look them up. */
  readonly detail: string;
}

/** `stray`: nothing that comes from a consent page. `foreign`: an answer to another question than ours. */
export type ReceivedAnswer = ConsentAnswer | { readonly kind: 'stray' | 'foreign' };

const MAX_DETAIL_CHARACTERS = 400;
const ADMINISTRATOR = 'a Privileged Role Administrator or Global Administrator';
const ENTRA = 'Microsoft Entra';

type Explanation = Omit<ConsentRefusal, 'kind' | 'detail'>;

const DECLINED: Explanation = {
  by: 'the person who signed in',
  reason: 'they declined on the page of Microsoft, or went back from it',
  cure: `open the address again and choose Accept, as ${ADMINISTRATOR}`,
};
const NOT_ADMINISTRATOR: Explanation = {
  by: ENTRA,
  reason: 'the account that signed in may not grant application permissions of Microsoft Graph',
  cure: `sign in as ${ADMINISTRATOR}; an Application Administrator is not enough for these permissions`,
};
const MISCONFIGURED: Explanation = {
  by: ENTRA,
  reason: 'the application asks for permissions that are not configured rightly, or for none',
  cure: 'add the application permissions of Microsoft Graph to the registration, then open the address again',
};
const OTHER: Explanation = {
  by: ENTRA,
  reason: 'for a reason that setup does not know',
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
    cure: 'sign in from where the policy allows it, or let an administrator change the policy',
  },
};

/**
 * Reads the query of a redirect (learn, "Admin consent on the Microsoft identity platform"). Granted is only what says
 * `admin_consent=True` and no error: v2 sends both together. Which tenant it names is not looked at, since anybody can
 * write such a URL.
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
  // Without a code these two are what the button Cancel gives.
  const isDenial = code === undefined && (error === 'access_denied' || error === 'permission_denied');
  return { kind: 'refused', ...(isDenial ? DECLINED : (EXPLANATIONS[code ?? ''] ?? OTHER)), detail };
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
