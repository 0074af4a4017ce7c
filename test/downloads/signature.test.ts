import { expect, it } from 'vitest';
import { signPath, signRequest } from '../../src/downloads/signature.ts';
import { PEER_TOKEN, PEER_VECTORS } from '../support/peer-vectors.ts';

it.each(PEER_VECTORS)('signPath signs %s until %i as the peers do', (path, expires, sign) => {
  expect(signPath(path, expires, PEER_TOKEN)).toBe(sign);
});

// Computed with openssl: `printf 'GET\n<path>\n<expires>' | openssl dgst -sha256 -hmac <key> -binary`, in base64url.
it.each([
  ['GET', '/alice/Docs/a b#1.txt', 1893456000, '6AR1Do0YlWuXrfYO7CScsqfTM_QaEmQ--a_mVcMD0Ic'],
  ['GET', '/alice/日本.txt', 0, '4l1tzcd1zG9uFWw30gt0uvQGixp7-1h5t4UlRcHZMGg'],
])('signRequest binds %s, %s and %i', (method, path, expires, signature) => {
  expect(signRequest(method, path, expires, PEER_TOKEN)).toBe(signature);
});
