import type { Clock } from '../lib/clock.ts';
import { admit, type KnownPeople, unknownKeys } from './admit.ts';
import type { Audit } from './audit.ts';
import type { Door, Verdict } from './door.ts';
import { claimedName, type TrustedIssuer } from './token-check.ts';
import { TokenReader } from './token-reader.ts';
import type { User } from './user.ts';

/** How a proxy names a person: plainly in a header, or by a signed assertion in one. */
export interface ProxyStatement {
  readonly header: string;
  /** The issuer of its assertions; undefined: the header holds the name itself. */
  readonly issuer: TrustedIssuer | undefined;
}

export interface ProxyDoorOptions {
  readonly statement: ProxyStatement;
  /** Tells whether the peer of a connection, by its address, is one of the operator's proxies. */
  readonly isProxy: (peer: string) => boolean;
  /** The users of the configuration. They come before people: the operator has written their names. */
  readonly users: readonly User[];
  readonly people: KnownPeople;
  readonly audit: Audit;
  readonly clock: Clock;
}

const NOT_ADMITTED = 'there is no such user, and no rule lets a person of this name in';

/**
 * The door for people whom a proxy in front has signed in (oauth2-proxy, Authelia, Cloudflare Access). The header counts
 * only on a connection from one of the operator's proxies; on others it is ignored, as if it were not there.
 */
export function createProxyDoor(options: ProxyDoorOptions): Door {
  const { statement, isProxy, audit } = options;
  const header = statement.header.toLowerCase();
  const nameOf = statement.issuer === undefined ? (value: string) => value.slice(0, 200) : claimedName;
  const decide = createDecide(options);
  return ({ headers, socket }, address) => {
    // Node joins a header that is given twice with a comma.
    const value = [headers[header] ?? ''].flat().join(',').trim();
    if (value === '') {
      return undefined;
    }
    const report = (reason: string) =>
      audit({ event: 'credentials-refused', user: nameOf(value), address, detail: { by: header, reason } });
    if (!isProxy(socket.remoteAddress ?? '')) {
      report('the header is not from a trusted proxy');
      return undefined;
    }
    return decide(value).then(({ verdict, reason }) => {
      if (reason !== undefined) {
        report(reason);
      }
      return verdict;
    });
  };
}

interface Decision {
  readonly verdict: Verdict;
  /** Of a refusal that is worth a line. */
  readonly reason?: string;
}

function createDecide({ statement, users, people, clock }: ProxyDoorOptions): (value: string) => Promise<Decision> {
  const reader = statement.issuer === undefined ? undefined : new TokenReader([statement.issuer], clock);
  const byName = new Map(users.map(user => [user.name.toLowerCase(), user]));
  const admitName = (name: string): Decision => {
    const user = byName.get(name.toLowerCase());
    const verdict = user === undefined ? admit({ name }, people) : { user };
    return 'refused' in verdict && verdict.refused === 'forbidden' ? { verdict, reason: NOT_ADMITTED } : { verdict };
  };
  const readAssertion = async (reading: TokenReader, value: string): Promise<Decision> => {
    const read = await reading.read(value);
    if ('refused' in read) {
      return { verdict: { refused: 'wrong' }, reason: read.reason };
    }
    return 'name' in read.person ? admitName(read.person.name) : { verdict: admit(read.person, people) };
  };
  return async value => {
    // A proxy that adds its header to the client's, instead of replacing it, proves nothing.
    if (value.includes(',')) {
      return { verdict: { refused: 'wrong' }, reason: 'the header has more than one value' };
    }
    return reader === undefined
      ? admitName(value)
      : readAssertion(reader, value).catch(error => ({ verdict: unknownKeys(error) }));
  };
}
