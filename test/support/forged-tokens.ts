import { createHmac } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

/** Tokens that a thief of a genuine one could make without the issuer's key, by what is wrong with them. */
export async function forgeries(genuine: string, publicKey: JWK): Promise<Record<string, string>> {
  const claims = decodeJwt(genuine);
  const header = decodeProtectedHeader(genuine);
  const { privateKey, publicKey: ownKey } = await generateKeyPair('RS256', { extractable: true });
  const [head, body, signature] = genuine.split('.') as [string, string, string];
  const pem = await exportSPKI((await importJWK(publicKey, 'RS256', { extractable: true })) as CryptoKey);
  const signed = (changes: object) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header, ...changes });
  const byHmac = (secret: string | Buffer) => {
    const start = `${encode({ ...header, alg: 'HS256' })}.${body}`;
    return `${start}.${createHmac('sha256', secret).update(start).digest('base64url')}`;
  };
  return {
    'without a signature': `${head}.${body}.`,
    'alg none': `${encode({ ...header, alg: 'none' })}.${body}.`,
    'alg NONE': `${encode({ ...header, alg: 'nOnE' })}.${body}.`,
    'HS256 with the public key in PEM': byHmac(pem),
    'HS256 with the modulus': byHmac(Buffer.from(publicKey.n!, 'base64url')),
    'an own key under the same kid': await signed({}).sign(privateKey),
    'an own key in the header': await signed({ jwk: ownKey && publicKey }).sign(privateKey),
    'an own key at an own address': await signed({ jku: 'http://127.0.0.1:1/keys' }).sign(privateKey),
    'another kid': await signed({ kid: 'nobody' }).sign(privateKey),
    'no kid': await signed({ kid: undefined }).sign(privateKey),
    'a changed claim': `${head}.${encode({ ...claims, oid: '00000000-0000-4000-8000-000000000000' })}.${signature}`,
    'an unknown critical header': `${encode({ ...header, crit: ['x'], x: 1 })}.${body}.${signature}`,
    'four parts': `${genuine}.x`,
    'no JSON': `${head}.${Buffer.from('{').toString('base64url')}.${signature}`,
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
