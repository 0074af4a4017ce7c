import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Drive } from '../../src/drive/drive.ts';
import type { DavCaller } from '../../src/webdav/request.ts';
import { keptBodyLength, requestKey } from '../../src/webdav/request-key.ts';

const DRIVE = {} as Drive;
const CALLER: DavCaller = {
  drive: DRIVE,
  user: 'ada',
  prefix: [],
  hosts: [],
  isSecure: false,
  userPolicy: undefined,
  note: () => {},
};

function keyOf({
  method = 'PROPFIND',
  url = '/m/a',
  headers = ['Host', 'x', 'Depth', '0'],
  caller = {},
  body,
}: {
  method?: string;
  url?: string;
  headers?: string[];
  caller?: Partial<DavCaller>;
  body?: string;
}): string {
  const raw = { method, url, rawHeaders: headers } as IncomingMessage;
  return requestKey(raw, { ...CALLER, ...caller }, body === undefined ? undefined : Buffer.from(body));
}

describe('the key of a request', () => {
  it.each([
    ['the method', { method: 'HEAD' }],
    ['the URL', { url: '/m/A' }],
    ['the query', { url: '/m/a?x' }],
    ['a header', { headers: ['Host', 'x', 'Depth', '1'] }],
    ['a header that nobody knows', { headers: ['Host', 'x', 'Depth', '0', 'X-New', ''] }],
    ['a header that comes twice', { headers: ['Host', 'x', 'Depth', '0', 'Depth', '0'] }],
    ['the host', { headers: ['Host', 'y', 'Depth', '0'] }],
    ['the body', { body: '<a/>' }],
    ['the user', { caller: { user: 'grace' } }],
    ['the view, and so the rights', { caller: { drive: {} as Drive } }],
    ['the prefix of the URLs', { caller: { prefix: ['dav'] } }],
    ['the hosts that mean this server', { caller: { hosts: ['a'] } }],
    ['whether the client has TLS', { caller: { isSecure: true } }],
    ['the policy for downloads', { caller: { userPolicy: 'proxy' as const } }],
  ])('differs by %s', (_, changed) => {
    expect(keyOf(changed)).not.toBe(keyOf({}));
  });

  it.each([
    ['credentials', ['Authorization', 'Basic eDp5', 'Cookie', 'a=b']],
    ['an id of the request', ['X-Request-ID', '1', 'traceparent', '00-1-2-01']],
    ['what a proxy says of the client', ['X-Forwarded-For', '192.0.2.1']],
  ])('does not differ by %s', (_, more) => {
    expect(keyOf({ headers: ['Host', 'x', ...more, 'depth', '0'] })).toBe(keyOf({}));
  });
});

describe('the body that is read for the key', () => {
  it.each([
    ['PROPFIND', {}, 0],
    ['PROPFIND', { 'content-length': '300' }, 300],
    ['PROPFIND', { 'content-length': '5000' }, undefined],
    ['PROPFIND', { 'transfer-encoding': 'chunked' }, undefined],
    ['PROPFIND', { 'content-length': '300', 'content-encoding': 'gzip' }, undefined],
    ['PROPFIND', { 'content-length': '300', expect: '100-continue' }, undefined],
    ['HEAD', {}, 0],
    ['GET', { 'content-length': '1' }, undefined],
    ['PUT', { 'content-length': '0' }, undefined],
    ['REPORT', {}, undefined],
    ['LOCK', {}, undefined],
  ])('of %s with %j', (method, headers, length) => {
    expect(keptBodyLength({ method, headers } as IncomingMessage)).toBe(length);
  });
});
