import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { DavError } from '../../src/webdav/errors.ts';
import { sendError } from '../../src/webdav/respond.ts';
import { parseXml } from '../../src/webdav/xml/xml-reader.ts';

/** The body of the answer to an error. */
function bodyOf(error: DavError): string {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const end = vi.spyOn(response, 'end');
  sendError(response, error, pino({ level: 'silent' }));
  return String(end.mock.calls[0]![0]);
}

describe('the body of an error with a condition', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('-', '>', '<', '!', 'a', ' ') }),
  );

  it('is well-formed XML, whatever the message and the URLs are', () => {
    fc.assert(
      fc.property(text, text, (message, href) => {
        const root = parseXml(bodyOf(new DavError(423, message, { condition: 'lock-token-submitted', hrefs: [href] })));
        expect(root.children.map(({ name }) => name)).toEqual(['lock-token-submitted']);
      }),
    );
  });

  it.each(['---', 'a--', '-', '--->'])('holds the message in a comment: %s', message => {
    expect(parseXml(bodyOf(new DavError(507, message, { condition: 'quota-not-exceeded' }))).name).toBe('error');
  });
});
