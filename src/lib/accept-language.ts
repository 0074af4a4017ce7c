import Negotiator from 'negotiator';

/** The one of `available` that an Accept-Language header (RFC 9110 §12.5.4) likes best; without a match the first. */
export function preferredLanguage<T extends string>(header: string | undefined, available: readonly [T, ...T[]]): T {
  const wanted = new Negotiator({ headers: { 'accept-language': header ?? '*' } });
  const found = wanted.language([...available]);
  return available.find(each => each === found) ?? available[0];
}
