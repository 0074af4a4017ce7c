import { expect, it } from 'vitest';
import { isDriveError } from '../../src/drive/errors.ts';
import { ROOT } from '../../src/drive/path.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { openOneDrive } from '../support/one-drive.ts';

const MINUTE_MS = 60_000;

it('looks up a missing drive again after ten minutes, and then each time after twice as long, up to a day', async () => {
  const clock = fakeClock(Date.now());
  const emulator = await createEmulator({ clock });
  const { upn } = emulator.addMailbox({ upn: 'ada@contoso.com', drive: 'no-mysite' });
  const { drive, close } = await openOneDrive(emulator, { mailbox: upn, clock });
  const isAsked = async () => {
    emulator.resetCalls();
    const error = await drive.stat(ROOT, { signal: new AbortController().signal }).catch((thrown: unknown) => thrown);
    expect(isDriveError(error, 'not-found')).toBe(true);
    return emulator.calls.some(({ operation, status }) => operation === 'drive-get' && status === 404);
  };
  expect(await isAsked()).toBe(true);
  for (const minutes of [10, 20, 40, 80, 160, 320, 640, 1_280, 1_440, 1_440]) {
    clock.advance(minutes * MINUTE_MS - 1);
    expect([minutes, await isAsked()]).toEqual([minutes, false]);
    clock.advance(1);
    expect([minutes, await isAsked()]).toEqual([minutes, true]);
  }
  await close();
  await emulator.close();
});
