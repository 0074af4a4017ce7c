import { isGlob } from '../lib/glob.ts';
import { namesOneOf } from './check-users.ts';
import type { Problem } from './config-error.ts';
import type { CompleteMounts } from './mounts.ts';
import type { ParsedConfig } from './schema.ts';

interface Context extends CompleteMounts {
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** What is wrong between the keys about downloads, each of which is right by itself. */
export function findDownloadProblems(config: ParsedConfig, { mounts, mailboxRules, lineOf }: Context): Problem[] {
  const problemAt = (path: readonly PropertyKey[], message: string): Problem => ({
    line: lineOf(path),
    key: path.join('.'),
    message,
  });
  const { proxy } = config.downloads;
  const wanting = proxy.urls.length === 0 ? placesOfDownloadProxy(config) : [];
  const strangers = proxy.keys.flatMap(({ mounts: opened }, index) =>
    (opened === '*' || mailboxRules.length > 0 ? [] : opened)
      .filter(name => !namesOneOf(name, mounts))
      .map(name => ({ path: ['downloads', 'proxy', 'keys', index, 'mounts'], name })),
  );
  const lacksKey = proxy.urls.length > 0 && proxy.keys.length === 0 && proxy.sign;
  return [
    ...wanting.map(path => problemAt(path, '"download-proxy" needs the URL of one in downloads.proxy.urls')),
    ...strangers.map(({ path, name }) =>
      problemAt(path, `there is no mount "${name}"; there are: ${mounts.map(mount => mount.name).join(', ')}`),
    ),
    ...findClosedMounts(config, { mounts, mailboxRules }).map(({ position, name }) =>
      problemAt(
        ['mounts', position, 'download'],
        `the first of downloads.proxy.keys signs the URLs of ${name}, and must open ${name} too: name it in the key's mounts`,
      ),
    ),
    ...(lacksKey
      ? [
          problemAt(
            ['downloads', 'proxy', 'urls'],
            'a download proxy needs a key in downloads.proxy.keys, with which its URLs are signed; or set downloads.proxy.sign to false',
          ),
        ]
      : []),
  ];
}

/** Mounts whose clients are all sent to a proxy that may not ask for their files. A glob may open what a rule finds. */
function findClosedMounts(
  { downloads }: ParsedConfig,
  { mounts, mailboxRules }: CompleteMounts,
): { position: number; name: string }[] {
  const { sign, keys } = downloads.proxy;
  const opened = (sign ? keys[0]?.mounts : undefined) ?? '*';
  if (opened === '*') {
    return [];
  }
  const closed = mounts
    .filter(mount => !opened.some(name => namesOneOf(name, [mount])))
    .map(({ name, position, download }) => ({ name: `"${name}"`, position, download }));
  const unopened = opened.some(isGlob) ? [] : mailboxRules;
  return [...closed, ...unopened.map(rule => ({ ...rule, name: 'all mailboxes of the rule' }))].filter(
    ({ download }) => download === 'download-proxy',
  );
}

function placesOfDownloadProxy({ downloads, mounts, users }: ParsedConfig): PropertyKey[][] {
  const placesIn = (list: readonly { download: string | null }[], name: string): PropertyKey[][] =>
    list.flatMap(({ download }, index) => (download === 'download-proxy' ? [[name, index, 'download']] : []));
  const inRules = downloads.clients.flatMap(({ policy }, index) =>
    policy === 'download-proxy' ? [['downloads', 'clients', index, 'policy']] : [],
  );
  const byDefault = downloads.policy === 'download-proxy' ? [['downloads', 'policy']] : [];
  return [...byDefault, ...inRules, ...placesIn(mounts, 'mounts'), ...placesIn(users, 'users')];
}
