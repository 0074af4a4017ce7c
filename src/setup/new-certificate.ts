import 'reflect-metadata';
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import { Secret } from '../lib/secret.ts';

/** Entra takes RSA only; NIST SP 800-57 allows 3072 bits beyond 2030, and the key is used once an hour. */
const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 3072,
};
const YEARS = 2;
/** Clocks differ: a certificate that is valid from now on is not yet valid for slow clocks. */
const BEFORE_MS = 60 * 60 * 1000;
const SERIAL_BYTES = 16;

export interface NewCertificate {
  /** The certificate and its key, in PEM: the application's password. */
  readonly pem: Secret;
  /** The certificate alone, in PEM, for Entra. */
  readonly publicPem: string;
  /** SHA-1 in hexadecimal, as Entra shows it. */
  readonly thumbprint: string;
  readonly expires: Date;
}

/** Makes a key pair with a self-signed certificate: Entra compares only the certificate and requires no issuer. */
export async function makeCertificate(now: number): Promise<NewCertificate> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair;
  const expires = new Date(now);
  expires.setUTCFullYear(expires.getUTCFullYear() + YEARS);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=onedrive-webdav',
    // Positive, as RFC 5280 §4.1.2.2 requires.
    serialNumber: `01${randomBytes(SERIAL_BYTES).toString('hex')}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - BEFORE_MS),
    notAfter: expires,
  });
  const publicPem = `${certificate.toString('pem')}\n`;
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return {
    pem: new Secret(`${publicPem}${key}\n`),
    publicPem,
    thumbprint: new X509Certificate(publicPem).fingerprint.replaceAll(':', ''),
    expires,
  };
}
