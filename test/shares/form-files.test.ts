import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type FormLimits, readFormFiles } from '../../src/shares/form-files.ts';

const LIMITS: FormLimits = { maxFiles: 3, maxBytes: 10 };
const part = (name: string, text: string) =>
  `--b\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n\r\n${text}\r\n`;

/** A request whose body comes in the given pieces. */
function form(...pieces: readonly string[]): IncomingMessage {
  const body = Readable.from(pieces.map(piece => Buffer.from(piece)));
  return Object.assign(body, { headers: { 'content-type': 'multipart/form-data; boundary=b' } }) as never;
}

/** What is taken of a form: each file's text, or what is wrong with it. */
async function taken(raw: IncomingMessage, limits = LIMITS) {
  const files: [string, string][] = [];
  const read = readFormFiles(raw, limits, async ({ name, bytes }) => {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of bytes) {
        chunks.push(chunk);
      }
      files.push([name, Buffer.concat(chunks).toString()]);
    } catch (error) {
      files.push([name, `! ${(error as Error).message}`]);
    }
  });
  const end = await read.then(
    ({ hadMore }) => (hadMore ? 'more' : 'all'),
    error => (error as Error).message,
  );
  return { files, end };
}

describe('the files of a form', () => {
  it('come one after the other, whatever the pieces of the body', async () => {
    const text = `${part('a', 'first')}${part('b', '')}${part('c', 'third')}--b--\r\n`;
    const files = [
      ['a', 'first'],
      ['b', ''],
      ['c', 'third'],
    ];
    expect(await taken(form(text))).toEqual({ files, end: 'all' });
    expect(await taken(form(...text))).toEqual({ files, end: 'all' });
  });

  it('are never shorter than they were sent: one that is too long fails, and the next one is read', async () => {
    const { files, end } = await taken(form(`${part('long', '12345678901')}${part('fits', '1234567890')}--b--\r\n`));
    expect(files).toEqual([
      ['long', '! a file must not be longer than 10 bytes'],
      ['fits', '1234567890'],
    ]);
    expect(end).toBe('all');
  });

  it('are as many as allowed; that there were more is told', async () => {
    const text = ['a', 'b', 'c', 'd', 'e'].map(name => part(name, name)).join('');
    const { files, end } = await taken(form(`${text}--b--\r\n`));
    expect([files.map(([name]) => name), end]).toEqual([['a', 'b', 'c'], 'more']);
  });

  it.each([
    ['in the middle of a file', [part('a', 'first'), part('b', 'second').slice(0, -6)]],
    ['between two files', [part('a', 'first'), part('b', 'secondary')]],
    ['in a head', [part('a', 'first'), '--b\r\nContent-Dispo']],
  ])('fail when the form ends early: %s', async (_, pieces) => {
    const { files, end } = await taken(form(...pieces));
    expect(files[0]).toEqual(['a', 'first']);
    expect(files.slice(1).filter(([, text]) => !text.startsWith('!'))).toEqual([]);
    expect(end).toMatch(/^the form cannot be read/);
  });

  it('fail when the connection breaks', async () => {
    async function* broken() {
      yield Buffer.from(part('a', 'first'));
      yield Buffer.from(part('b', 'second').slice(0, -6));
      throw new Error('the client is gone');
    }
    const raw = Object.assign(Readable.from(broken()), {
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    });
    expect(await taken(raw as never)).toEqual({
      files: [
        ['a', 'first'],
        ['b', expect.stringMatching(/^!/)],
      ],
      end: 'the client is gone',
    });
  });

  it('are read only as fast as they are taken, however small they are', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `file ${index}`);
    let given = 0;
    async function* pieces() {
      for (const name of names) {
        given += 1;
        yield Buffer.from(part(name, 'x'));
      }
      yield Buffer.from('--b--\r\n');
    }
    const raw = Object.assign(Readable.from(pieces(), { highWaterMark: 1 }), {
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    });
    let givenAtFirst = 0;
    const seen: string[] = [];
    await readFormFiles(raw as never, { maxFiles: 50, maxBytes: 10 }, async ({ name }) => {
      seen.push(name);
      for (let turn = 0; seen.length === 1 && turn < 100; turn += 1) {
        await new Promise(resolve => setImmediate(resolve));
        givenAtFirst = given;
      }
    });
    expect(seen).toEqual(names);
    expect(givenAtFirst).toBeLessThan(6);
  });
});
