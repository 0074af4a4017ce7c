import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY = 24 * 60 * 60 * 1000;

export interface CertificateAuthority {
  /** The CA's certificate, which a client must be told to trust. */
  readonly pem: string;
  /** Returns a key and certificate for `host`, created at the first call. */
  identityFor(host: string): Promise<Identity>;
  /** Returns the same as a TLS context, created once for each host. */
  contextFor(host: string): Promise<SecureContext>;
}

/** Both in PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

let shared: Promise<CertificateAuthority> | undefined;

/** Returns the CA that all emulators of this process share: creating one takes a hundredth of a second. */
export function sharedCertificateAuthority(): Promise<CertificateAuthority> {
  shared ??= createCertificateAuthority();
  return shared;
}

/** Creates a CA for the lifetime of this process; its key is never written anywhere. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const issuer = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=onedrive-webdav emulator CA',
    keys: keys as CryptoKeyPair,
    signingAlgorithm: SIGNING,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const identities = new Map<string, Promise<Identity>>();
  const contexts = new Map<string, Promise<SecureContext>>();
  const identityFor = (host: string) => {
    const known = identities.get(host) ?? issueFor(host, issuer, keys as CryptoKeyPair);
    identities.set(host, known);
    return known;
  };
  return {
    // Tools that append to PEM files need the last line's end.
    pem: `${issuer.toString('pem').trimEnd()}\n`,
    identityFor,
    contextFor: host => {
      const known = contexts.get(host) ?? identityFor(host).then(createSecureContext);
      contexts.set(host, known);
      return known;
    },
  };
}

/** Creates an RSA key of 2048 bits with its own certificate, valid for five years: a login host's signing key. */
export async function makeSelfSigned(commonName: string): Promise<Identity> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(
    { ...algorithm, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ['sign', 'verify'],
  )) as CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 5 * 365 * DAY),
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key, cert: certificate.toString('pem') };
}

async function issueFor(host: string, issuer: X509Certificate, issuerKeys: CryptoKeyPair): Promise<Identity> {
  const keys = (await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])) as CryptoKeyPair;
  const isAddress = /^[\d.]+$/.test(host);
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${host}`,
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: issuerKeys.privateKey,
    signingAlgorithm: SIGNING,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new SubjectAlternativeNameExtension([{ type: isAddress ? 'ip' : 'dns', value: host }]),
    ],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key, cert: certificate.toString('pem') };
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + 30 * DAY) };
}
