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
  const known = new Set(mountNames.map(name => name.toLowerCase()));
  const strangers = proxy.keys.flatMap(({ mounts }, index) =>
    (mounts === '*' ? [] : mounts)
      .filter(name => !known.has(name.toLowerCase()))
      .map(name => ({ path: ['downloads', 'proxy', 'keys', index, 'mounts'], name })),
  );
  const lacksKey = proxy.urls.length > 0 && proxy.keys.length === 0 && proxy.sign;
  return [
    ...wanting.map(path => problemAt(path, '"download-proxy" needs the URL of one in downloads.proxy.urls')),
    ...strangers.map(({ path, name }) =>
      problemAt(path, `there is no mount "${name}"; there are: ${mountNames.join(', ')}`),
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

function placesOfDownloadProxy({ downloads, mounts, users }: ParsedConfig): PropertyKey[][] {
  const placesIn = (list: readonly { download: string | null }[], name: string): PropertyKey[][] =>
    list.flatMap(({ download }, index) => (download === 'download-proxy' ? [[name, index, 'download']] : []));
  const inRules = downloads.clients.flatMap(({ policy }, index) =>
    policy === 'download-proxy' ? [['downloads', 'clients', index, 'policy']] : [],
  );
  const byDefault = downloads.policy === 'download-proxy' ? [['downloads', 'policy']] : [];
  return [...byDefault, ...inRules, ...placesIn(mounts, 'mounts'), ...placesIn(users, 'users')];
}
