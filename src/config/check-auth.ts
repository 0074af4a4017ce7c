import type { Problem } from './config-error.ts';
import type { ParsedConfig } from './schema.ts';

/** Finds ways to sign in that lack what they need elsewhere in the configuration. */
export function findAuthProblems(
  { auth, listen, people, users }: ParsedConfig,
  lineOf: (path: readonly PropertyKey[]) => number | undefined,
): Problem[] {
  const problemAt = (path: readonly string[], message: string): Problem => ({
    line: lineOf(path),
    key: path.join('.'),
    message,
  });
  const proxyWithoutPeers = auth.proxy !== null && listen.trustedProxies.length === 0;
  const proxyWithoutUsers = auth.proxy !== null && people.length === 0 && users.length === 0;
  const bearerWithoutPeople = auth.bearer !== null && people.length === 0;
  return [
    ...(proxyWithoutPeers
      ? [problemAt(['auth', 'proxy'], 'name the proxy in listen.trustedProxies: everybody else could send its header')]
      : []),
    ...(proxyWithoutUsers
      ? [problemAt(['auth', 'proxy'], 'nobody could come in: write rules for people, or users')]
      : []),
    ...(bearerWithoutPeople
      ? [problemAt(['auth', 'bearer'], 'access tokens are for people of the directory: write rules for people')]
      : []),
  ];
}
