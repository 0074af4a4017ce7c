import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoorTest, startFrontDoor } from '../support/front-door.ts';
import { lockInfo } from '../support/locks.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

describe('a header of one value that comes twice', () => {
  let door: FrontDoorTest;

  beforeAll(async () => {
    door = await startFrontDoor();
  });
  afterAll(async () => {
    await door?.stop();
  });

  function send(line: string, fields: readonly (readonly [name: string, value: string])[], body = '') {
    const text = compose(line, basic(door.user, door.password), body);
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return rawRequest(door.url, text.replace('\r\n', `\r\n${lines}`));
  }

  it.each([
    ['Destination', 'COPY', '/m/copy', '/m/other'],
    ['Destination', 'MOVE', '/m/copy', '/m/copy'],
    ['Overwrite', 'COPY', 'T', 'F'],
    ['Depth', 'PROPFIND', '0', '0'],
    ['Lock-Token', 'UNLOCK', '<urn:uuid:a>', '<urn:uuid:b>'],
  ])('is refused with 400: %s of a %s', async (name, method, first, second) => {
    const { status, body } = await send(`${method} /m/folder`, [
      [name, first],
      [name, second],
    ]);
    expect([status, body]).toEqual([400, `the header ${name.toLowerCase()} must not come twice\n`]);
  });

  it('is as good as one when its values are a list', async () => {
    const { status, body } = await send(
      'LOCK /m/new',
      [
        ['Timeout', 'Infinite'],
        ['Timeout', 'Second-60'],
      ],
      lockInfo(),
    );
    expect([status, body]).toEqual([201, expect.stringContaining('<D:locktoken>')]);
  });
});
