import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { redact } from '../../src/lib/redact.ts';

const SECRETS = [
  'https://contoso-my.sharepoint.com/personal/a/_layouts/15/download.aspx?UniqueId=1&tempauth=v1.c2VjcmV0.x&ApiVersion=2.0',
  "https://contoso-my.sharepoint.com/personal/a/_api/v2.0/drives/b!x/items/01/uploadSession?guid='s'&tempauth=v1.c2VjcmV0",
  'Authorization: Bearer eyJhbGciOiJub25lIn0.c2VjcmV0.c2VjcmV0',
  'Basic c2VjcmV0OnBhc3M=',
  'client_secret=c2VjcmV0&x=1',
  'http://user:c2VjcmV0@proxy:3128/',
  // Each with no more than its own rule goes by.
  'https://contoso-my.sharepoint.com/_layouts/15/download.aspx?c2VjcmV0',
  'HTTPS://CONTOSO-MY.SHAREPOINT.COM/_LAYOUTS/15/DOWNLOAD.ASPX?C2VjcmV0',
  'https://graph.microsoft.com/operations/b!x?c2VjcmV0',
  'bearer c2VjcmV0',
  'BASIC\tc2VjcmV0',
  '/-/s/c2VjcmV0/a.txt',
  '/%2d/S/c2VjcmV0',
  'http://h/base//-//s//c2VjcmV0?view=entries',
  '/-/%73/c2VjcmV0',
  'Negotiate\u00a0c2VjcmV0',
  'ntlm\nc2VjcmV0',
  'eyJhbGciOiJub25lIn0.c2VjcmV0.',
  ...'tempauth access_token client_secret client_assertion refresh_token sig signature sign token password'
    .split(' ')
    .flatMap(name => [`${name}=c2VjcmV0`, `${name.toUpperCase()}=c2VjcmV0`, `{"${name}":"c2VjcmV0"}`]),
  "{'token' : 'c2VjcmV0'}",
  String.raw`{\"password\":\"c2VjcmV0\"}`,
];
/** What may stand around a secret in a text, and be taken for a part of another. */
const SURROUNDINGS = ['eyJ', '=', ':', '"', "'", '://', 'https://', '?', '&', '\n', 'token', 'a', 'ü', ' '];
const context = fc.array(fc.constantFrom(...SURROUNDINGS), { maxLength: 8 }).map(parts => parts.join(''));

describe('redact', () => {
  it.each(SECRETS)('takes the secret out of %s', text => {
    expect(redact(`before ${text} after`)).not.toMatch(/c2VjcmV0/i);
    expect(redact(`before ${text} after`)).toMatch(/^before [\s\S]* after$/);
  });

  it('takes it out whatever stands around', () => {
    fc.assert(
      fc.property(context, fc.constantFrom(...SECRETS), context, (before, text, after) => {
        expect(redact(`${before} ${text} ${after}`)).not.toMatch(/c2VjcmV0/i);
      }),
    );
  });

  it('leaves other text alone', () => {
    const text = 'PUT /m/a file.txt?x=1 said 409 (the Basic idea of a Bearer)';
    expect(redact(text)).toBe(text);
  });
});

it('createLog redacts messages, fields at any depth, and errors with their causes', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'info', destination: { write: line => void lines.push(line) } });
  const error = new Error(`failed at ${SECRETS[0]}`, { cause: new Error(SECRETS[2]) });
  log.info({ err: error, deep: { list: [SECRETS[3]] } }, `message ${SECRETS[1]}`);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('c2VjcmV0');
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info', msg: expect.stringContaining('message') });
});
