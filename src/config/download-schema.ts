import { z } from 'zod';
import { DOWNLOAD_POLICIES, DOWNLOAD_WAYS } from '../downloads/policy.ts';
import { listWords } from '../lib/list-words.ts';

/** Shorter keys can be guessed. */
const MIN_KEY_LENGTH = 16;
/** A comma separates keys in the proxy's list, and a header loses the spaces at its ends. */
const KEY = /^(?! )[ -+\--~]*(?<! )$/;

/** Returns the objection to a download proxy's key, from any source; undefined when it is valid. */
export function objectionToKey(key: string): string | undefined {
  if (key.length < MIN_KEY_LENGTH) {
    return `a key has at least ${MIN_KEY_LENGTH} characters: it is the password of a program`;
  }
  return KEY.test(key)
    ? undefined
    : 'a key is sent in a header and in a list: use ASCII, without commas or spaces at its ends';
}

const way = z.enum(DOWNLOAD_WAYS, {
  error: `use ${listWords(DOWNLOAD_WAYS)}`,
});

/** How contents travel: one way for all clients, or `auto`, which depends on the client. */
export const downloadPolicy = z.enum(DOWNLOAD_POLICIES, {
  error: `use ${listWords(DOWNLOAD_POLICIES)}`,
});

const pattern = z.string().min(1).refine(isPattern, { message: 'this is not a regular expression' });

/** The beginning of a URL for clients; a path is appended unchanged. */
const origin = z.string().superRefine((text, context) => {
  const url = URL.parse(text);
  const complain = (message: string) => context.addIssue({ code: 'custom', message });
  if (url === null || !/^https?:$/.test(url.protocol)) {
    complain('write an absolute http or https URL, such as https://dl.example.com');
  } else if (url.username !== '' || url.password !== '') {
    complain('the URL must not hold credentials: every redirected client would see them');
  } else if (text.endsWith('/')) {
    complain('leave out the slash at the end: the path of the file follows directly');
  } else if (!/^https?:\/\/[\w.:[\]-]+$/i.test(text)) {
    complain(
      'write only the origin, with its host in ASCII: the proxy checks the whole path of its URL, so there can be no other',
    );
  }
});

const proxyKey = z
  .strictObject({
    secret: z
      .string()
      .superRefine((key, context) => {
        const message = objectionToKey(key);
        if (message !== undefined) {
          context.addIssue({ code: 'custom', message });
        }
      })
      .nullable()
      .default(null)
      .describe('the key itself: 16 ASCII characters or more, no comma; or use one of secretFile, secretEnv'),
    secretFile: z.string().min(1).nullable().default(null).describe('a file that holds it, relative to this file'),
    secretEnv: z.string().min(1).nullable().default(null).describe('the environment variable that holds it'),
    mounts: z
      .union([z.literal('*'), z.array(z.string().min(1))])
      .default('*')
      .describe('the mounts whose links its holder may request: "*" or a list as for users'),
  })
  .refine(
    ({ secret, secretFile, secretEnv }) => [secret, secretFile, secretEnv].filter(each => each !== null).length === 1,
    {
      message: 'give the key in exactly one way: secret, secretFile or secretEnv',
    },
  );

const PLACEHOLDERS = ['path', 'url', 'name', 'expires', 'signature'];

const template = z.string().superRefine((text, context) => {
  const unknown = [...text.matchAll(/\{(\w*)\}/g)].map(match => match[1]!).filter(name => !PLACEHOLDERS.includes(name));
  if (!/^[!-~]*$/.test(text)) {
    context.addIssue({
      code: 'custom',
      message: 'the template is a part of a URL: percent-encode spaces and letters beyond ASCII',
    });
  }
  if (!text.startsWith('/')) {
    context.addIssue({ code: 'custom', message: 'the template must begin with a slash: it follows the URL directly' });
  }
  if (unknown.length > 0) {
    const known = PLACEHOLDERS.map(name => `{${name}}`).join(', ');
    context.addIssue({ code: 'custom', message: `there is no {${unknown[0]}}; there are ${known}` });
  }
  if (!/\{path\}|\{url\}/.test(text)) {
    context.addIssue({
      code: 'custom',
      message: 'the template must hold {path} or {url}, or every file has the same URL',
    });
  }
});

/** All keys about how file contents reach clients. */
export const downloads = z.strictObject({
  policy: downloadPolicy.default('auto'),
  redirectStatus: z.union([z.literal(302), z.literal(307)], { error: 'use 302 or 307' }).default(302),
  customHost: origin.nullable().default(null),
  clients: z
    .array(
      z.strictObject({
        userAgent: pattern.describe('a regular expression on the User-Agent, ignoring case'),
        policy: way.describe('how these clients get files'),
      }),
    )
    .default([]),
  proxy: z
    .strictObject({
      urls: z.array(origin).default([]),
      template: template.nullable().default(null),
      sign: z.boolean().default(true),
      lifeSeconds: z.number().int().min(0).max(31_536_000).default(3_600),
      keys: z.array(proxyKey).max(10).default([]),
    })
    .refine(({ template: text, sign }) => text === null || !sign || text.includes('{signature}'), {
      path: ['template'],
      message:
        'the template has no place for the signature: put {signature} into it, or set downloads.proxy.sign to false',
    })
    .prefault({}),
});

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'i') !== undefined;
  } catch {
    return false;
  }
}
