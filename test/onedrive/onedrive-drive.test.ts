import { expect } from 'vitest';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { describeDrive } from '../contracts/drive.ts';
import { openOneDrive } from '../support/one-drive.ts';

describeDrive('OneDriveDrive', async () => {
  const emulator = await createEmulator();
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  const { drive, close } = await openOneDrive(emulator, { mailbox: mailbox.upn });
  return {
    drive,
    close: async () => {
      await close();
      expect(emulator.violations).toEqual([]);
      expect(emulator.openUploadSessions()).toBe(0);
      await emulator.close();
    },
  };
});

describeDrive('OneDriveDrive on a folder of a mailbox', async () => {
  const emulator = await createEmulator();
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  mailbox.mkdir('/Projects/Web DAV');
  const { drive, close } = await openOneDrive(emulator, { mailbox: mailbox.upn, root: ['projects', 'web dav'] });
  return {
    drive,
    close: async () => {
      await close();
      await emulator.close();
    },
  };
});
