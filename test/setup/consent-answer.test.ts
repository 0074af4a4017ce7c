import { describe, expect, it } from 'vitest';
import { readConsentAnswer } from '../../src/setup/consent-answer.ts';

const STATE = 'the-state';

/** An answer of the v2.0 endpoint, which says `admin_consent=True` with errors as well. */
function read(parameters: Record<string, string>) {
  return readConsentAnswer(
    new URLSearchParams({ admin_consent: 'True', tenant: 'x', state: STATE, ...parameters }),
    STATE,
  );
}

const refused = (error: string, description = '') => read({ error, error_description: description });

describe('readConsentAnswer', () => {
  it('is granted by admin_consent=True without an error, and by nothing else', () => {
    expect(read({}).kind).toBe('granted');
    expect(read({ admin_consent: 'true' }).kind).toBe('granted');
    expect(read({ admin_consent: 'False' }).kind).toBe('refused');
    expect(read({ error: '' }).kind).toBe('refused');
    expect(refused('access_denied').kind).toBe('refused');
  });

  it('is foreign with another state or none, also when it refuses', () => {
    expect(read({ state: 'the-stale' }).kind).toBe('foreign');
    expect(read({ state: 'the-state-and-more' }).kind).toBe('foreign');
    expect(read({ state: '', error: 'access_denied' }).kind).toBe('foreign');
    expect(readConsentAnswer(new URLSearchParams('admin_consent=True'), STATE).kind).toBe('foreign');
  });

  it('is stray when it says nothing of consent', () => {
    expect(readConsentAnswer(new URLSearchParams(`state=${STATE}`), STATE).kind).toBe('stray');
  });

  it.each([
    ['access_denied', '', 'the person who signed in', /declined/],
    ['permission_denied', 'The admin canceled the request', 'the person who signed in', /declined/],
    ['access_denied', 'AADSTS65004: The resource owner denied the request.', 'the person who signed in', /declined/],
    [
      'consent_required',
      'AADSTS90094: needs an administrator',
      'Microsoft Entra',
      /may not grant application permissions/,
    ],
    ['access_denied', 'AADSTS53003: blocked', 'Microsoft Entra', /Conditional Access/],
    ['invalid_client', 'AADSTS650056: Misconfigured application.', 'Microsoft Entra', /not configured correctly/],
    ['access_denied', 'AADSTS99999: something new', 'Microsoft Entra', /unknown to setup/],
  ])('names who refused and why: %s %s', (error, description, by, reason) => {
    expect(refused(error, description)).toMatchObject({ by, reason: expect.stringMatching(reason) });
  });

  it("keeps Microsoft's first line, cut where it gets long", () => {
    const detail = (description: string) => (refused('e', description) as { detail: string }).detail;
    expect(detail('AADSTS65004: Denied.\r\nTrace ID: 1\r\nTimestamp: 2')).toBe('e: AADSTS65004: Denied.');
    expect(detail('x'.repeat(5_000))).toHaveLength(400);
  });
});
