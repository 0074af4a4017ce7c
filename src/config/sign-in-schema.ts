import { z } from 'zod';
import { isLoopback } from '../lib/loopback.ts';

const optionalText = z.string().min(1).nullable().default(null);

/** An issuer exactly as its configuration states it (OpenID Connect Discovery §3). */
const issuer = z
  .string()
  .refine(isIssuer, { message: 'write the issuer as an https URL, such as https://login.example.com/realms/main' })
  .nullable()
  .default(null);

/** An origin to which browsers are sent instead of the issuer's. */
const origin = z
  .string()
  .refine(text => isIssuer(text) && new URL(text).origin === text, {
    message: 'write an origin such as https://login.example.com, without a path or a slash at the end',
  })
  .nullable()
  .default(null);

const HOURS = { min: 0.25, max: 720 };

const keys = z.strictObject({
  issuer,
  clientId: optionalText,
  clientSecret: optionalText,
  clientSecretFile: optionalText,
  clientSecretEnv: optionalText,
  claim: optionalText,
  loginHost: origin,
  tenant: optionalText,
  sessionHours: z.number().min(HOURS.min).max(HOURS.max).default(8),
});

type Given = z.infer<typeof keys>;

const SECRETS = ['clientSecret', 'clientSecretFile', 'clientSecretEnv'] as const satisfies (keyof Given)[];
const OF_ISSUER = ['clientId', ...SECRETS, 'claim'] as const satisfies (keyof Given)[];

/** How people sign in on the account pages. */
export const signIn = keys.superRefine((given, context) => {
  const complain = (key: keyof Given, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  if (given.issuer === null) {
    for (const key of OF_ISSUER.filter(each => given[each] !== null)) {
      complain(
        key,
        'this key needs issuer: without it people sign in with Microsoft, by the application of the tenant',
      );
    }
    return;
  }
  if (given.clientId === null) {
    complain('clientId', 'write the client id that the issuer knows');
  }
  const [, second] = SECRETS.filter(key => given[key] !== null);
  if (second !== undefined) {
    complain(second, 'give the secret in one way only: clientSecret, clientSecretFile or clientSecretEnv');
  }
  if (given.tenant !== null) {
    complain('tenant', 'leave it out: with an issuer, the people of all tenants sign in');
  }
});

/** Plain http only on this machine: the answer says who a person is. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  return url !== null && isSafe && url.search === '' && url.hash === '' && url.username === '';
}
