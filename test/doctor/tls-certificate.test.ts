import { describe, expect, it } from 'vitest';
import { tlsCertificateCheck } from '../../src/doctor/tls-certificate.ts';
import { createCertificateAuthority } from '../../src/emulator/tls.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Secret } from '../../src/lib/secret.ts';
import { daysFromNow, makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { fakeClock } from '../support/fake-clock.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function examine(
  tls: { cert: string; key: string } | undefined,
  { publicUrls = [], clock = systemClock }: { publicUrls?: string[]; clock?: { now(): number } } = {},
) {
  const read = tls && { cert: tls.cert, key: new Secret(tls.key) };
  const check = tlsCertificateCheck({ tls: read, publicUrls, clock: { ...systemClock, now: clock.now } });
  return check.run(new AbortController().signal);
}

const pair = ({ certificate, key }: TestCertificate) => ({ cert: certificate, key });

/** By a CA that is not among the public ones; `whole`: with its certificate behind it. */
async function issued(host: string, { whole = true } = {}) {
  const authority = await createCertificateAuthority();
  const { cert, key } = await authority.identityFor(host);
  return { key, cert: whole ? `${cert}\n${authority.pem}` : cert };
}

describe('the check of the TLS certificate', () => {
  it('is content with a good pair for the names of publicUrls, and has nothing to say without one', async () => {
    const tls = await issued('files.example.com');
    const clock = fakeClock(Date.now() - DAY_MS / 2);
    expect(
      await examine(tls, { publicUrls: ['https://files.example.com/dav', 'http://elsewhere/'], clock }),
    ).toMatchObject([
      { level: 'ok', saw: expect.stringMatching(/^the certificate for files\.example\.com is valid until \d{4}-/) },
    ]);
    expect(await examine(undefined)).toMatchObject([{ level: 'skipped' }]);
  });

  it('refuses a key and a certificate that do not match', async () => {
    const [one, two] = [await makeCertificate(), await makeCertificate()];
    expect(await examine({ cert: one.certificate, key: two.key })).toMatchObject([
      { level: 'failure', saw: expect.stringContaining('does not belong to the first certificate') },
    ]);
    expect(await examine({ cert: one.key, key: one.key })).toMatchObject([
      { level: 'failure', saw: expect.stringContaining('holds no certificate') },
    ]);
    expect(await examine({ cert: one.certificate, key: 'nonsense' })).toMatchObject([
      { level: 'failure', saw: expect.stringContaining('listen.tls cannot be used') },
    ]);
  });

  it.each([
    [{ notAfter: daysFromNow(10.5) }, 'warning', /expires in 10 days/],
    [{ notBefore: daysFromNow(-9), notAfter: daysFromNow(-1.5) }, 'failure', /expired on/],
    [{ notBefore: daysFromNow(1), notAfter: daysFromNow(90) }, 'failure', /is not valid before/],
  ])('looks at its dates', async (options, level, saw) => {
    const findings = await examine(pair(await makeCertificate(options)));
    expect(findings).toMatchObject([
      { level, saw: expect.stringMatching(saw), means: expect.stringContaining('clients refuse it') },
    ]);
  });

  it('names the public names that it is not for, and an issuer that is not sent along', async () => {
    const tls = await issued('files.example.com', { whole: false });
    const clock = fakeClock(Date.now() - DAY_MS / 2);
    expect(await examine(tls, { publicUrls: ['https://other.example.com/'], clock })).toMatchObject([
      { level: 'warning', saw: expect.stringContaining('and not for other.example.com of publicUrls') },
      {
        level: 'warning',
        saw: expect.stringContaining('does not hold the certificate of the issuer, CN=onedrive-webdav emulator CA'),
      },
    ]);
  });
});
