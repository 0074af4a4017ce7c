import type { Emulator } from './emulator.ts';

const MEBIBYTE = 1024 ** 2;
const BIG_FILE_BYTES = 64 * MEBIBYTE;

/** The smallest ZIP that an Office program still accepts as a package of its kind: one stored part. */
const OFFICE_LIKE_FILE = Buffer.from(
  'UEsDBAoAAAAAAAAAIQDkVQ4ADwAAAA8AAAATAAAAW0NvbnRlbnRfVHlwZXNdLnhtbDxUeXBlcz48L1R5cGVzPlBLAQIUAAoAAAAAAAAAIQDkVQ4ADwAAAA8AAAATAAAAAAAAAAAAAAAAAAAAAABbQ29udGVudF9UeXBlc10ueG1sUEsFBgAAAAABAAEAQQAAAEAAAAAAAA==',
  'base64',
);

const ODD_NAMES = [
  'with spaces.txt',
  'hash # and 100%.txt',
  'plus+and&ampersand.txt',
  "quote's and (parentheses).txt",
  'party 🎉.txt',
  'decomposed e\u0301.txt',
  `${'long '.repeat(39)}name.txt`,
];

/**
 * Fills a tenant like a small company's: three mailboxes with files, one whose OneDrive was never opened; a group of
 * two of them; the site of a team with two libraries.
 */
export async function seedSampleTenant(emulator: Emulator): Promise<void> {
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada Lovelace' });
  const modified = new Date('2026-01-02T03:04:05Z');
  await ada.put('/Welcome.txt', 'This is the OneDrive of Ada, in an emulated tenant.\n', { modified });
  await ada.put('/Documents/Report.docx', OFFICE_LIKE_FILE, { modified });
  await ada.put('/Documents/empty.txt', '', { modified });
  for (const name of ODD_NAMES) {
    await ada.put(`/Odd names/${name}`, `The file called ${name}\n`, { modified });
  }
  await ada.put('/Videos/64 MiB.bin', bigFile(), { modified });
  const grace = emulator.addMailbox({ upn: 'grace@contoso.com', displayName: 'Grace Hopper' });
  await grace.put('/Nanoseconds/wire.txt', '11.8 inches\n', { modified });
  const alan = emulator.addMailbox({ upn: 'alan@contoso.com', displayName: 'Alan Turing' });
  alan.mkdir('/Empty folder');
  emulator.addMailbox({ upn: 'new.hire@contoso.com', displayName: 'New Hire', drive: 'no-mysite' });
  emulator.addGroup({ displayName: 'Engineering', members: [ada, grace] });
  const site = emulator.addSite({
    path: '/sites/engineering',
    name: 'Engineering',
    libraries: ['Documents', 'Drawings'],
  });
  await site.library('Documents').put('/Handbook/Welcome.md', '# Engineering\n', { modified });
  await site
    .library('Drawings')
    .put('/Analytical Engine.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>\n', { modified });
}

async function* bigFile(): AsyncGenerator<Buffer> {
  for (let block = 0; block < BIG_FILE_BYTES / MEBIBYTE; block += 1) {
    const bytes = Buffer.alloc(MEBIBYTE, 'onedrive-webdav sample ');
    bytes.writeUInt32LE(block);
    yield bytes;
  }
}
