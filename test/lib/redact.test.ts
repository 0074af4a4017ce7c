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
];

describe('redact', () => {
  it.each(SECRETS)('takes the secret out of %s', text => {
    expect(redact(`before ${text} after`)).not.toContain('c2VjcmV0');
    expect(redact(`before ${text} after`)).toMatch(/^before .* after$/);
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
