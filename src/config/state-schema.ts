import { z } from 'zod';

const optionalText = z.string().min(1).nullable().default(null);

export const URL_FORM =
  'write the database as postgres://user:password@host:5432/name, with # / ? % and @ of the password as %23 %2F %3F %25 %40';

/** While one waits for another server, others go on. */
const MIN_CONNECTIONS = 2;

const keys = z.strictObject({
  url: optionalText.refine(url => url === null || isPostgresUrl(url), {
    message: URL_FORM,
  }),
  urlFile: optionalText,
  urlEnv: optionalText,
  caFile: optionalText,
  key: optionalText,
  keyFile: optionalText,
  keyEnv: optionalText,
  connections: z.int().min(MIN_CONNECTIONS).max(200).default(10),
});

type Given = z.infer<typeof keys>;

const URL_KEYS = ['url', 'urlFile', 'urlEnv'] as const satisfies (keyof Given)[];
const SECRET_KEYS = ['key', 'keyFile', 'keyEnv'] as const satisfies (keyof Given)[];

/** Where the state is, if it is not in a file in dataDir. */
export const state = keys.superRefine((given, context) => {
  const complain = (key: keyof Given, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  const [urls, secrets] = [URL_KEYS, SECRET_KEYS].map(list => list.filter(key => given[key] !== null));
  if (urls!.length > 1) {
    complain(urls![1]!, 'give the database in one way only: url, urlFile or urlEnv');
  }
  if (secrets!.length > 1) {
    complain(secrets![1]!, 'give the key in one way only: key, keyFile or keyEnv');
  }
  if (urls!.length > 0 && secrets!.length === 0) {
    complain(
      'key',
      'the servers of a database need a common key: keep what "openssl rand -base64 32" prints in keyFile',
    );
  }
  if (urls!.length === 0) {
    for (const key of [...secrets!, ...(given.caFile === null ? [] : (['caFile'] as const))]) {
      complain(key, 'this key needs url: without it the state is a file in dataDir, which has a key of its own');
    }
  }
});

/**
 * Returns true for a URL that the driver understands; its host may be missing, as it may be a socket. Signs of a password
 * that are not escaped would else make a part of it the host or the port.
 */
export function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text.replace('@/', '@socket/'));
  const isWhole =
    url !== null &&
    !url.hostname.includes(',') &&
    !`${url.pathname}${url.search}${url.hash}`.includes('@') &&
    url.hash === '';
  const areCodes = !/%(?![\da-f]{2})/i.test(text);
  return /^postgres(ql)?:\/\/[^\s]+$/.test(text) && isWhole && areCodes;
}
