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
  audience: text.nullable().default(null),
  scope: text
    .regex(/^[!#-[\]-~]+$/, { message: 'a scope has no spaces and quotes' })
    .nullable()
    .default(null),
});

const assertion = z.strictObject({
  header,
  issuer: issuerUrl,
  jwksUrl: issuerUrl,
  audience: text,
  claim: text.default('email'),
});

/** A person whom a proxy in front has signed in. */
export const proxy = z
  .strictObject({ header: header.nullable().default(null), assertion: assertion.nullable().default(null) })
  .refine(({ header, assertion }) => (header === null) !== (assertion === null), {
    message: 'give either header, or assertion for a signed one',
  });
