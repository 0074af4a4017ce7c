import type { Problem } from './config-error.ts';
import type { ParsedConfig } from './schema.ts';

interface Context {
  readonly mountNames: readonly string[];
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** What is wrong between the keys about downloads, each of which is right by itself. */
export function findDownloadProblems(config: ParsedConfig, { mountNames, lineOf }: Context): Problem[] {
  const problemAt = (path: readonly PropertyKey[], message: string): Problem => ({
    line: lineOf(path),
    key: path.join('.'),
    message,
  });
  const { proxy } = config.downloads;
  const wanting = proxy.urls.length === 0 ? placesOfDownloadProxy(config) : [];
  const strangers = proxy.keys.flatMap(({ mounts }, index) =>
    (mounts === '*' ? [] : mounts)
      .filter(name => !isAmong(mountNames, name))
      .map(name => ({ path: ['downloads', 'proxy', 'keys', index, 'mounts'], name })),
  );
  const lacksKey = proxy.urls.length > 0 && proxy.keys.length === 0 && proxy.sign;
  return [
    ...wanting.map(path => problemAt(path, '"download-proxy" needs the URL of one in downloads.proxy.urls')),
    ...strangers.map(({ path, name }) =>
      problemAt(path, `there is no mount "${name}"; there are: ${mountNames.join(', ')}`),
    ),
    ...findClosedMounts(config, mountNames).map(({ index, name }) =>
      problemAt(
        ['mounts', index, 'download'],
        `the first of downloads.proxy.keys signs the URLs of "${name}", and must open it too: name it in the key's mounts`,
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

/** Mounts whose clients are all sent to a proxy that may not ask for their files. */
function findClosedMounts(
  { downloads, mounts }: ParsedConfig,
  mountNames: readonly string[],
): { index: number; name: string }[] {
  const { sign, keys } = downloads.proxy;
  const opened = (sign ? keys[0]?.mounts : undefined) ?? '*';
  return mounts
    .map(({ download }, index) => ({ index, name: mountNames[index]!, policy: download ?? downloads.policy }))
    .filter(({ name, policy }) => policy === 'download-proxy' && opened !== '*' && !isAmong(opened, name));
}

function isAmong(names: readonly string[], wanted: string): boolean {
  return names.some(name => name.toLowerCase() === wanted.toLowerCase());
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
