import type { Refusal } from './refusal.ts';

type Explained = Omit<Refusal, 'detail'>;

const ENTERPRISE = 'Microsoft Entra admin center → Enterprise applications → this application';

const CANCELLED: Explained = {
  status: 403,
  title: 'The sign-in was cancelled',
  message: 'You went back from Microsoft’s page. You can try again.',
  canRetry: true,
  reason: 'cancelled',
};
const CONSENT: Explained = {
  status: 403,
  title: 'An administrator must agree first',
  message: 'The application has no permission to sign people in. Please ask your administrator.',
  cure: `${ENTERPRISE} → Permissions → “Grant admin consent”. It needs the delegated permissions openid and profile.`,
  canRetry: true,
  reason: 'consent-missing',
};
const CREDENTIAL: Explained = {
  status: 503,
  title: 'This server cannot identify itself',
  message: 'Microsoft does not accept this server’s own credential. You cannot change that; your administrator can.',
  cure: 'The secret or certificate is wrong or has expired: give the application a new one, put it into its file, which is read again. The doctor command checks it.',
  reason: 'server-credential',
};
const EXPIRED: Explained = {
  status: 400,
  title: 'This sign-in has expired',
  message: 'The sign-in took too long, or its answer was used before. Please start again.',
  canRetry: true,
  reason: 'code-expired-or-used',
};
const SECOND_FACTOR: Explained = {
  status: 403,
  title: 'One more step is needed',
  message:
    'Microsoft wants a second factor, a new password or a registration from you first. Please sign in again and follow its pages.',
  canRetry: true,
  reason: 'interaction-required',
};
const POLICY: Explained = {
  status: 403,
  title: 'A rule of your organisation forbids this sign-in',
  message:
    'Your organisation allows it only from certain devices, places or programs. Please use such a device, or ask your administrator.',
  cure: `${ENTERPRISE} → Sign-in logs shows the Conditional Access policy that applied.`,
  canRetry: true,
  reason: 'conditional-access',
};
const ADDRESS: Explained = {
  status: 503,
  title: 'Microsoft does not know this server’s address',
  message: 'You cannot change that; your administrator can.',
  cure: 'App registrations → this application → Authentication: add the redirect URI of this server, its public URL followed by /-/account/callback.',
  reason: 'redirect-uri',
};

/** By the number of the AADSTS error (learn, "Microsoft Entra authentication and authorization error codes"). */
const BY_NUMBER: Record<string, Explained> = {
  65004: CANCELLED,
  65001: CONSENT,
  90094: CONSENT,
  900941: CONSENT,
  50105: {
    status: 403,
    title: 'You are not assigned to this application',
    message:
      'Your organisation lets only certain people use it, and you are not among them. Please ask your administrator.',
    cure: `${ENTERPRISE} → Users and groups: assign the person or one of their groups.`,
    canRetry: true,
    reason: 'not-assigned',
  },
  50057: {
    status: 403,
    title: 'Your account is disabled',
    message: 'Please ask your administrator.',
    reason: 'account-disabled',
  },
  50020: {
    status: 403,
    title: 'This account is of another organisation',
    message: 'Please sign in with your account of this organisation.',
    canRetry: true,
    reason: 'other-tenant',
  },
  50011: ADDRESS,
  500112: ADDRESS,
  7000215: CREDENTIAL,
  7000222: CREDENTIAL,
  700027: CREDENTIAL,
  700024: CREDENTIAL,
  70025: CREDENTIAL,
  700211: CREDENTIAL,
  700212: CREDENTIAL,
  700213: CREDENTIAL,
  54005: EXPIRED,
  70008: EXPIRED,
  50058: SECOND_FACTOR,
  50072: SECOND_FACTOR,
  50074: SECOND_FACTOR,
  50076: SECOND_FACTOR,
  50079: SECOND_FACTOR,
  16000: SECOND_FACTOR,
  53000: POLICY,
  53001: POLICY,
  53003: POLICY,
};

/** Explains Entra's description of an error; undefined when its number is not known. */
export function explainAadsts(description: string): Explained | undefined {
  const [, number = ''] = /^AADSTS(\d+)/.exec(description) ?? [];
  return BY_NUMBER[number];
}
