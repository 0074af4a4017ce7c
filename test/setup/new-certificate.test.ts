import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type KeyPair, readCertificate } from '../../src/config/certificate.ts';
import { makeCertificate } from '../../src/setup/new-certificate.ts';

describe('makeCertificate', () => {
  it('makes a pair that the server takes, for two years, with its public half apart', async () => {
    const now = Date.now();
    const made = await makeCertificate(now);
    const read = readCertificate(made.pem.reveal(), { password: undefined, now }) as KeyPair;
    expect(read.expires).toEqual(new Date(Math.floor(made.expires.getTime() / 1000) * 1000));
    expect(made.expires.getUTCFullYear()).toBe(new Date(now).getUTCFullYear() + 2);
    const certificate = new X509Certificate(made.publicPem);
    expect(certificate.fingerprint.replaceAll(':', '')).toBe(made.thumbprint);
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(made.publicPem).not.toContain('PRIVATE');
  });

  it('never makes the same one twice', async () => {
    const [one, other] = await Promise.all([makeCertificate(0), makeCertificate(0)]);
    expect(one.thumbprint).not.toBe(other.thumbprint);
    expect(new X509Certificate(one.publicPem).serialNumber).not.toBe(new X509Certificate(other.publicPem).serialNumber);
  });
});
