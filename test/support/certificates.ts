import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

const DAY_MS = 24 * 60 * 60 * 1000;
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Both in PEM, the key in PKCS#8. Made for one test run and written nowhere but into its temporary folder. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface TestCertificateOptions {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly kind?: 'rsa' | 'ec';
  /** The addresses that it is for; none unless they are given. */
  readonly addresses?: readonly string[];
}

/** A self-signed certificate as an operator makes one for an application; good from yesterday for a year. */
export async function makeCertificate(options: TestCertificateOptions = {}): Promise<TestCertificate> {
  const { notBefore = daysFromNow(-1), notAfter = daysFromNow(365), kind = 'rsa', addresses = [] } = options;
  const algorithm = kind === 'rsa' ? RSA : EC;
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=onedrive-webdav test',
    keys,
    signingAlgorithm: algorithm,
    notBefore,
    notAfter,
    extensions: addresses.map(value => new SubjectAlternativeNameExtension([{ type: 'ip', value }])),
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: `${made.toString('pem')}\n`, key: `${key}\n` };
}

export function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * DAY_MS);
}
