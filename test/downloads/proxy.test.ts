import { expect, it } from 'vitest';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { davClient } from '../support/dav-client.ts';
import { withFaults } from '../support/faulty-drive.ts';
import { startFrontDoor } from '../support/front-door.ts';

it('a download whose head cannot be sent leaves nothing open upstream', async () => {
  const memory = createMemoryDrive();
  let opened = 0;
  let open = 0;
  const drive = withFaults(memory, {
    read: async (path, options) => {
      const result = await memory.read(path, options);
      const entry = { ...result.entry, contentType: 'text/plain\r\nX: y' };
      return { ...result, entry, body: watched(result.body) };
    },
  });
  async function* watched(body: AsyncIterable<Uint8Array>) {
    opened += 1;
    open += 1;
    try {
      yield* body;
    } finally {
      open -= 1;
    }
  }
  const door = await startFrontDoor({ drive });
  try {
    await davClient(door)('PUT', '/m/file', {}, 'text');
    expect((await davClient(door)('GET', '/m/file')).status).toBe(500);
    expect({ opened, open }).toEqual({ opened: 1, open: 0 });
  } finally {
    await door.stop();
  }
});
