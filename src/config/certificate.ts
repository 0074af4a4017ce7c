import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { Secret } from '../lib/secret.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN ((?:[A-Z]+ )*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/;

/** A certificate with its key, both in PEM, the key unencrypted. */
export interface KeyPair {
  readonly pem: Secret;
  readonly expires: Date;
}

/** The reason why there is no key pair, and the configuration key at fault. */
export interface Objection {
  readonly key: 'certificateFile' | 'certificatePasswordFile';
  readonly objection: string;
}

/**
 * Reads the private key and its certificate from a PEM text: a file converted from a .pfx also holds the issuers, in
 * any order.
 */
export function readCertificate(
  text: string,
  { password, now }: { password: string | undefined; now: number },
): KeyPair | Objection {
  if (!text.includes('-----BEGIN ')) {
    return objectTo('this is not a PEM file; "openssl pkcs12 -in FILE.pfx -out FILE.pem -nodes" converts a .pfx');
  }
  const certificates = readCertificates(text);
  const key = readKey(text, password);
  if (certificates === undefined || certificates.length === 0) {
    const problem = certificates === undefined ? 'a certificate that cannot be read' : 'no certificate';
    return objectTo(`the file holds ${problem}; it must hold a certificate (BEGIN CERTIFICATE) and its private key`);
  }
  return 'objection' in key ? key : pairUp(certificates, key, now);
}

function pairUp(certificates: readonly X509Certificate[], key: KeyObject, now: number): KeyPair | Objection {
  if (key.asymmetricKeyType !== 'rsa') {
    return objectTo(`the private key has the type ${key.asymmetricKeyType}; Microsoft Entra accepts only RSA`);
  }
  const certificate = certificates.find(each => each.checkPrivateKey(key));
  if (certificate === undefined) {
    return objectTo('the private key does not match the certificate');
  }
  const { validFromDate, validToDate } = certificate;
  if (validToDate.getTime() <= now) {
    return objectTo(`the certificate expired on ${dayOf(validToDate)}; upload a new one to the application in Entra`);
  }
  if (validFromDate.getTime() > now) {
    return objectTo(`the certificate is not valid before ${validFromDate.toISOString()}; check this machine's clock`);
  }
  const pem = `${certificate}${key.export({ type: 'pkcs8', format: 'pem' })}`;
  return { pem: new Secret(pem), expires: validToDate };
}

function readCertificates(text: string): X509Certificate[] | undefined {
  try {
    return [...text.matchAll(CERTIFICATE)].map(([pem]) => new X509Certificate(pem));
  } catch {
    return undefined;
  }
}

function readKey(text: string, password: string | undefined): KeyObject | Objection {
  const [pem, kind] = KEY.exec(text) ?? [];
  if (pem === undefined) {
    return objectTo('the file holds no private key; append it to the certificate (BEGIN PRIVATE KEY)');
  }
  const isEncrypted = kind === 'ENCRYPTED ' || pem.includes('Proc-Type: 4,ENCRYPTED');
  if (isEncrypted && password === undefined) {
    return objectTo('the private key is encrypted; name the file with its password in certificatePasswordFile');
  }
  try {
    return createPrivateKey({ key: pem, passphrase: password });
  } catch {
    return isEncrypted
      ? { key: 'certificatePasswordFile', objection: 'the password does not open the private key of certificateFile' }
      : objectTo('the private key cannot be read');
  }
}

function objectTo(objection: string): Objection {
  return { key: 'certificateFile', objection };
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
