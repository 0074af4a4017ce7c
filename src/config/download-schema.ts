import { z } from 'zod';
import { DOWNLOAD_POLICIES, DOWNLOAD_WAYS } from '../downloads/policy.ts';
import { listWords } from '../lib/list-words.ts';

/** Shorter ones can be guessed. */
const MIN_KEY_LENGTH = 16;
/** A comma ends a key in the proxy's list of them, and a header loses the spaces at its ends. */
const KEY = /^(?! )[ -+\--~]*(?<! )$/;

/** What is wrong with the key of a download proxy, wherever it is written; undefined when it is fine. */
export function objectionToKey(key: string): string | undefined {
  if (key.length < MIN_KEY_LENGTH) {
    return `a key has at least ${MIN_KEY_LENGTH} characters: it is the password of a program`;
  }
  return KEY.test(key)
    ? undefined
    : 'a key travels as a header, and in a list: write it in ASCII, without a comma or a space at its ends';
}

const way = z.enum(DOWNLOAD_WAYS, {
  error: `use ${listWords(DOWNLOAD_WAYS)}`,
});

/** How bytes travel: one way for everybody, or `auto`, by the client. */
export const downloadPolicy = z.enum(DOWNLOAD_POLICIES, {
  error: `use ${listWords(DOWNLOAD_POLICIES)}`,
});

const pattern = z.string().min(1).refine(isPattern, { message: 'this is no regular expression' });

/** What stands in front of a path that is put behind it, and goes to clients as it is. */
const origin = z.string().superRefine((text, context) => {
  const url = URL.parse(text);
  const complain = (message: string) => context.addIssue({ code: 'custom', message });
  if (url === null || !/^https?:$/.test(url.protocol)) {
    complain('write an absolute http or https URL, such as https://dl.example.com');
  } else if (url.username !== '' || url.password !== '') {
    complain('the URL must not hold credentials: every client that is sent there would see them');
  } else if (text.endsWith('/')) {
    complain('leave out the slash at the end: the path of the file comes right behind it');
  } else if (!/^https?:\/\/[\w.:[\]-]+$/i.test(text)) {
    complain(
      'write the origin only, with its host in ASCII: the proxy checks the whole path of its URL, so there is no room for another',
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
      .default(null),
    secretFile: z.string().min(1).nullable().default(null),
    secretEnv: z.string().min(1).nullable().default(null),
    mounts: z.union([z.literal('*'), z.array(z.string().min(1))]).default('*'),
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
    context.addIssue({ code: 'custom', message: 'the template begins with a slash: it comes right behind the URL' });
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

/** Everything about how the bytes of files reach clients. */
export const downloads = z.strictObject({
  policy: downloadPolicy.default('auto'),
  redirectStatus: z.union([z.literal(302), z.literal(307)], { error: 'use 302 or 307' }).default(302),
  customHost: origin.nullable().default(null),
  clients: z.array(z.strictObject({ userAgent: pattern, policy: way })).default([]),
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
