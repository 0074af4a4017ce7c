import { type DownloadPolicy, WAY_TRAITS } from '../downloads/policy.ts';
import { isGlob } from '../lib/glob.ts';
import { namesOf } from '../mounts/rights.ts';
import { namesOneOf } from './check-users.ts';
import type { Problem } from './config-error.ts';
import type { CompleteMounts } from './mounts.ts';
import type { ParsedConfig } from './schema.ts';

interface Context extends CompleteMounts {
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** Finds contradictions between download keys that are each valid alone. */
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
    ...wanting.map(path => problemAt(path, '"download-proxy" needs a URL in downloads.proxy.urls')),
    ...strangers.map(({ path, name }) =>
      problemAt(path, `there is no mount "${name}"; there are: ${mounts.map(mount => mount.name).join(', ')}`),
    ),
    ...findClosedMounts(config, { mounts, mailboxRules }).map(({ position, name }) =>
      problemAt(
        ['mounts', position, 'download'],
        `the first of downloads.proxy.keys signs the URLs of ${name}, so it must also open ${name}: name it in the key's mounts`,
      ),
    ),
    ...(lacksKey
      ? [
          problemAt(
            ['downloads', 'proxy', 'urls'],
            'a download proxy needs a key in downloads.proxy.keys to sign its URLs; or set downloads.proxy.sign to false',
          ),
        ]
      : []),
  ];
}

/**
 * Finds mounts that send clients to a proxy whose key does not open them: it would answer that the files do not exist.
 * A glob may open the mailboxes of a rule.
 */
function findClosedMounts(
  config: ParsedConfig,
  { mounts, mailboxRules }: CompleteMounts,
): { position: number; name: string }[] {
  const { sign, keys } = config.downloads.proxy;
  const opened = (sign ? keys[0]?.mounts : undefined) ?? '*';
  if (opened === '*') {
    return [];
  }
  const isNamed = (names: readonly string[], mount: { name: string }) => names.some(name => namesOneOf(name, [mount]));
  const closed = mounts.filter(
    mount =>
      !isNamed(opened, mount) && leadsToProxy(mount.download, config, user => isNamed(namesOf(user.mounts), mount)),
  );
  const unopened = opened.some(isGlob) ? [] : mailboxRules.filter(({ download }) => leadsToProxy(download, config));
  return [
    ...closed.map(({ name, position }) => ({ name: `"${name}"`, position })),
    ...unopened.map(({ position }) => ({ name: 'all mailboxes of the rule', position })),
  ];
}

/** Tells whether the policy of a mount, or a stricter one of its users, sends any client to the download proxy. */
function leadsToProxy(
  policy: DownloadPolicy,
  { downloads, users }: ParsedConfig,
  sees: (user: ParsedConfig['users'][number]) => boolean = () => true,
): boolean {
  const hasRule = downloads.clients.some(rule => needsProxy(rule.policy));
  const leads = (each: DownloadPolicy | null) => needsProxy(each) || (each === 'auto' && hasRule);
  const mayBecomeStricter = policy === 'auto' || WAY_TRAITS[policy].leadsAway;
  return leads(policy) || (mayBecomeStricter && users.some(user => leads(user.download) && sees(user)));
}

function placesOfDownloadProxy({ downloads, mounts, users }: ParsedConfig): PropertyKey[][] {
  const placesIn = (list: readonly { download: DownloadPolicy | null }[], name: string): PropertyKey[][] =>
    list.flatMap(({ download }, index) => (needsProxy(download) ? [[name, index, 'download']] : []));
  const inRules = downloads.clients.flatMap(({ policy }, index) =>
    needsProxy(policy) ? [['downloads', 'clients', index, 'policy']] : [],
  );
  const byDefault = needsProxy(downloads.policy) ? [['downloads', 'policy']] : [];
  return [...byDefault, ...inRules, ...placesIn(mounts, 'mounts'), ...placesIn(users, 'users')];
}

/** Returns false for `auto`, whose rules are checked one by one. */
function needsProxy(policy: DownloadPolicy | null): boolean {
  return policy !== null && policy !== 'auto' && WAY_TRAITS[policy].needsProxy;
}
