import { z } from 'zod';
import { isLoopback } from '../lib/loopback.ts';

const text = z.string().min(1);
/** Names that HTTP gives another meaning; a proxy would not put a person there. */
const OTHER_HEADERS = ['authorization', 'cookie', 'host', 'forwarded', 'x-forwarded-for', 'x-forwarded-host'];

const header = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, { message: 'write the name of a header, such as X-Forwarded-User' })
  .refine(name => !OTHER_HEADERS.includes(name.toLowerCase()), { message: 'this header has another meaning' });

/** Keys and metadata decide who comes in, so nobody on the way may change them. */
const issuerUrl = z.string().refine(
  value => {
    const url = URL.parse(value);
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
    return url !== null && isSafe && url.username === '' && url.hash === '';
  },
  { message: 'write an https URL' },
);

/** Access tokens of the issuer, for programs. */
export const bearer = z.strictObject({
  audience: text.nullable().default(null).describe('the audience of tokens; null is clientId or api://clientId'),
  scope: text
    .regex(/^[!#-[\]-~]+$/, { message: 'a scope has no spaces and quotes' })
    .nullable()
    .default(null)
    .describe('a scope that tokens must have, such as access_as_user; null: none'),
});

const assertion = z.strictObject({
  header: header.describe('the header that holds the assertion, such as Cf-Access-Jwt-Assertion'),
  issuer: issuerUrl.describe('its issuer, exactly as the assertion states it'),
  jwksUrl: issuerUrl.describe('where the keys of the issuer are'),
  audience: text.describe('the audience that it must be for'),
  claim: text.default('email').describe('the claim that holds the name of the person'),
});

/** A person whom a proxy in front has signed in. */
export const proxy = z
  .strictObject({
    header: header
      .nullable()
      .default(null)
      .describe('the header in which a proxy of listen.trustedProxies names the person, such as X-Forwarded-User'),
    assertion: assertion.nullable().default(null).describe('instead of header: a signed assertion'),
  })
  .refine(({ header, assertion }) => (header === null) !== (assertion === null), {
    message: 'give either header, or assertion for a signed one',
  });
