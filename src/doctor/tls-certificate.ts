import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { Config } from '../config/load.ts';
import type { Clock } from '../lib/clock.ts';
import { dayOf, daysUntil, WARN_DAYS } from '../lib/days.ts';
import type { Check, Finding } from './check.ts';

type Tls = NonNullable<Config['listen']['tls']>;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const RENEW = 'renew the certificate in its files; a running server takes it within a second';

export interface TlsCertificateParts {
  readonly tls: Tls | undefined;
  readonly publicUrls: readonly string[];
  readonly clock: Clock;
}

/** Checks the server's certificate: usable, not expiring, and issued for the public names. */
export function tlsCertificateCheck({ tls, publicUrls, clock }: TlsCertificateParts): Check {
  return {
    name: 'tls-certificate',
    run: async () => {
      if (tls === undefined) {
        return [{ level: 'skipped', saw: 'listen.tls is not set' }];
      }
      const chain = readChain(tls);
      if ('level' in chain) {
        return [chain];
      }
      const [leaf] = chain;
      const problems = [
        ...examineDates(leaf!, clock.now()),
        ...examineNames(leaf!, publicUrls),
        ...examineChain(chain),
      ];
      const saw = `the certificate for ${namesOf(leaf!)} is valid until ${dayOf(leaf!.validToDate)} and matches its key`;
      return problems.length > 0 ? problems : [{ level: 'ok', saw }];
    },
  };
}

/** Returns the chain, the server's own certificate first, or a finding about the pair. */
function readChain({ cert, key }: Tls): X509Certificate[] | Finding {
  const refuse = (saw: string, cure: string): Finding => ({
    level: 'failure',
    saw,
    means: 'the server does not start with it',
    cure,
  });
  try {
    const chain = [...cert.matchAll(CERTIFICATE)].map(([pem]) => new X509Certificate(pem));
    if (chain.length === 0) {
      return refuse(
        'listen.tls.certificateFile holds no certificate',
        'name a PEM file that begins with BEGIN CERTIFICATE',
      );
    }
    if (!chain[0]!.checkPrivateKey(createPrivateKey(key.reveal()))) {
      return refuse(
        'the key of listen.tls.keyFile does not belong to the first certificate of certificateFile',
        "name the certificate's key; the server's own certificate comes first, its issuers follow",
      );
    }
    createSecureContext({ key: key.reveal(), cert });
    return chain;
  } catch (error) {
    return refuse(
      `listen.tls cannot be used: ${(error as Error).message}`,
      'give certificateFile and keyFile in PEM, the key without a password',
    );
  }
}

function examineDates({ validFromDate, validToDate }: X509Certificate, now: number): Finding[] {
  const days = daysUntil(validToDate, now);
  if (days < 0) {
    return [
      {
        level: 'failure',
        saw: `the certificate expired on ${dayOf(validToDate)}`,
        means: 'clients refuse it',
        cure: RENEW,
      },
    ];
  }
  if (validFromDate.getTime() > now) {
    return [
      {
        level: 'failure',
        saw: `the certificate is not valid before ${validFromDate.toISOString()}`,
        means: 'clients refuse it',
        cure: "wait, or check this machine's clock",
      },
    ];
  }
  return days >= WARN_DAYS
    ? []
    : [
        {
          level: 'warning',
          saw: `the certificate expires in ${days} days (${dayOf(validToDate)})`,
          means: 'clients refuse it from then on; the server reads it only at start',
          cure: RENEW,
        },
      ];
}

function examineNames(leaf: X509Certificate, publicUrls: readonly string[]): Finding[] {
  const hosts = publicUrls.map(text => new URL(text)).filter(({ protocol }) => protocol === 'https:');
  const strangers = hosts.map(({ hostname }) => hostname).filter(host => !isFor(leaf, host));
  return strangers.length === 0
    ? []
    : [
        {
          level: 'warning',
          saw: `the certificate is for ${namesOf(leaf)}, and not for ${strangers.join(', ')} of publicUrls`,
          means: 'clients that use that name without a proxy in between refuse it',
          cure: 'get a certificate for that name, or correct publicUrls',
        },
      ];
}

function isFor(leaf: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return (isIP(bare) === 0 ? leaf.checkHost(bare) : leaf.checkIP(bare)) !== undefined;
}

/**
 * Warns when the issuer is neither in the file nor publicly known: browsers may find it, WebDAV clients do not.
 */
function examineChain(chain: readonly X509Certificate[]): Finding[] {
  const last = chain.at(-1)!;
  const isWhole = last.checkIssued(last) || rootCertificates.some(pem => last.checkIssued(new X509Certificate(pem)));
  return isWhole
    ? []
    : [
        {
          level: 'warning',
          saw: `certificateFile does not hold the certificate of the issuer, ${oneLine(last.issuer)}`,
          means: 'clients that do not know that issuer refuse the server',
          cure: 'append the intermediate certificates (the "fullchain" file); with your own CA, make the clients trust it',
        },
      ];
}

function namesOf({ subjectAltName, subject }: X509Certificate): string {
  return subjectAltName?.replaceAll(/(DNS|IP Address):/g, '') ?? oneLine(subject);
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}
