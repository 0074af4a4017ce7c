import { describe, expect, it } from 'vitest';
import { cloudOf } from '../../src/graph/clouds.ts';
import { errorFromAnswer, errorFromCredential, parseRetryAfter } from '../../src/graph/errors.ts';
import { checkContentUrl, itemPath } from '../../src/graph/urls.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('parseRetryAfter', () => {
  it.each([
    ['120', 120],
    ['2.128', 2.128],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %j as %j seconds', (header, seconds) => {
    expect(parseRetryAfter(header, NOW)).toBe(seconds);
  });
});

describe('errorFromAnswer', () => {
  const from = (text: string, headers: Record<string, string> = {}) =>
    errorFromAnswer({ status: 429, headers, text, now: NOW });

  it.each(['innerError', 'innererror'])('collects the codes down %s, whatever their case, and the request id', key => {
    const inner = { code: 'Specific', 'request-id': 'id-1' };
    const error = from(JSON.stringify({ error: { code: 'TooManyRequests', message: 'slow down', [key]: inner } }), {
      'retry-after': '7',
    });
    expect(error).toMatchObject({ codes: ['toomanyrequests', 'specific'], requestId: 'id-1', retryAfterSeconds: 7 });
    expect(error.has('SPECIFIC')).toBe(true);
  });

  it.each(['', '<html>504</html>', '{"error":"text"}', '{}', 'null', '[]'])(
    'takes the body %j for what it is',
    text => {
      expect(from(text)).toMatchObject({ status: 429, codes: [] });
    },
  );

  it('shows no secret of the answer', () => {
    expect(from('{"error":{"code":"x","message":"at https://h/download.aspx?tempauth=v1.abc"}}').message).not.toContain(
      'v1.abc',
    );
  });
});

it.each([
  ['7000215', /copy the secret's Value/],
  ['7000222', /has expired/],
  ['700016', /not known in this tenant/],
  ['90002', /check tenant.tenantId/],
  ['999999', /AADSTS999999\)$/],
])('errorFromCredential knows the cure for AADSTS%s', (code, cure) => {
  const error = errorFromCredential(
    new Error(`invalid_client: Error(s): ${code} - Timestamp: x - Description: AADSTS${code}: text`),
  );
  expect(error.message).toMatch(cure);
  expect(error.kind).toBe('credential');
});

describe('checkContentUrl', () => {
  const check =
    (url: string, extra: string[] = []) =>
    () =>
      checkContentUrl(url, cloudOf('global'), extra);

  it.each(['https://contoso-my.sharepoint.com/x?a=1', 'https://eu.svc.ms/x'])('lets %s pass', url => {
    expect(check(url)).not.toThrow();
  });

  it.each([
    'http://contoso-my.sharepoint.com/x',
    'https://sharepoint.com.evil.example/x',
    'https://evil.example/.sharepoint.com',
    'https://evilsharepoint.com/x',
    'https://user@evil.example/x',
    'https://127.0.0.1/x',
    'file:///etc/passwd',
    'nonsense',
  ])('refuses %s', url => {
    expect(check(url)).toThrow(/tenant.contentHosts/);
  });

  it('lets a host pass that the operator names', () => {
    expect(check('http://127.0.0.1:1234/x', ['127.0.0.1'])).not.toThrow();
  });
});

it('itemPath encodes each name by itself', () => {
  expect(itemPath({ driveId: 'b!x', id: '01', names: ['a #1', "50%+'é"] }, 'content')).toBe(
    "/drives/b!x/items/01:/a%20%231/50%25%2B'%C3%A9:/content",
  );
  expect(itemPath({ driveId: 'b!x' }, 'children')).toBe('/drives/b!x/root/children');
});
