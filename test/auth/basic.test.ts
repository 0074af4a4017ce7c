import { describe, expect, it } from 'vitest';
import { parseAuthorization } from '../../src/auth/basic.ts';

const readingsOf = (bytes: Buffer) => {
  const parsed = parseAuthorization(`Basic ${bytes.toString('base64')}`);
  return parsed.kind === 'basic' ? parsed.readings : [];
};

describe('parseAuthorization', () => {
  it('splits at the first colon only', () => {
    expect(readingsOf(Buffer.from('ada:a:b:'))).toEqual([{ name: 'ada', password: 'a:b:' }]);
  });

  it('reads UTF-8 first and Latin-1 second, and plain ASCII once', () => {
    expect(readingsOf(Buffer.from('ada:ü')).map(({ password }) => password)).toEqual(['ü', 'Ã¼']);
    expect(readingsOf(Buffer.from('ada:ü', 'latin1'))[1]).toEqual({ name: 'ada', password: 'ü' });
    expect(readingsOf(Buffer.from('ada:u'))).toHaveLength(1);
  });

  it('takes a Windows domain off the name and leaves the password alone', () => {
    expect(readingsOf(Buffer.from('HOST\\ada:x\\y'))).toEqual([{ name: 'ada', password: 'x\\y' }]);
  });

  it.each(['Basic', 'Basic ', 'Basic !!!', 'Basic YQ==', 'Basic OmE=', 'Basic YTpi extra', 'NTLM YTpi'])(
    'finds no credentials in %j',
    header => {
      expect(parseAuthorization(header)).toEqual({ kind: 'other' });
    },
  );
});
