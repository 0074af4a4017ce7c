import { expect, it } from 'vitest';
import { plainHttpCheck } from '../../src/doctor/plain-http.ts';
import { Secret } from '../../src/lib/secret.ts';

const TLS = { key: new Secret(''), cert: '' };

it.each([
  ['127.0.0.1', {}, [], 'ok'],
  ['::1', {}, [], 'ok'],
  ['localhost', {}, [], 'ok'],
  ['0.0.0.0', {}, [], 'failure'],
  ['192.0.2.7', {}, [], 'failure'],
  ['0.0.0.0', { tls: TLS }, [], 'ok'],
  ['0.0.0.0', {}, ['https://files.example.com/'], 'ok'],
  ['0.0.0.0', { trustedProxies: ['10.0.0.0/8'] }, [], 'warning'],
  ['127.0.0.1', {}, ['http://files.example.com/'], 'failure'],
  ['0.0.0.0', { tls: TLS }, ['http://files.example.com/'], 'failure'],
  ['127.0.0.1', {}, ['http://127.0.0.1:8080/', 'http://[::1]:8080/'], 'ok'],
])('passwords on %s with %o and %j: %s', async (host, rest, publicUrls, level) => {
  const listen = {
    host,
    port: 8080,
    reusePort: false,
    basePath: [],
    trustedProxies: [],
    cors: [],
    compression: true,
    tls: undefined,
    http2: true,
    ...rest,
  };
  const [finding] = await plainHttpCheck({ listen, publicUrls }).run(new AbortController().signal);
  expect(finding!.level).toBe(level);
  expect(finding!.cure === undefined).toBe(level === 'ok');
});
