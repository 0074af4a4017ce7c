import { html } from '../../lib/html.ts';
import { copied } from '../copied.ts';
import { type Guide, YOUR_PASSWORD } from './guide.ts';
import { picture } from './picture.ts';

export const MACOS: Guide = {
  label: 'macOS',
  device: 'Mac',
  steps: ({ address, userName }) => html`<ol class="steps">
<li>In Finder choose <b>Go → Connect to Server</b> (⌘K), and give this address:
${copied('address', 'the address', address)}</li>
<li>Choose <b>Registered User</b>, and give your user name and the password:
${copied('user-name', 'the user name', userName)}</li>
</ol>
${picture({
  title: 'Connect to Server',
  fields: [
    ['Server Address', address],
    ['Name', userName],
    ['Password', '••••••••••••••'],
  ],
  button: 'Connect',
  caption:
    'Finder asks for the address first, then for name and password. Tick “Remember this password in my keychain”.',
})}`,
};

export const LINUX: Guide = {
  label: 'Linux desktop',
  device: 'Linux desktop',
  steps: ({ address, userName }) => html`<ol class="steps">
<li>In GNOME Files choose <b>Other Locations</b> (or <b>Network</b>), and give this address at <b>Connect to Server</b>. In KDE’s Dolphin, type it into the address bar with <code>webdavs</code> in place of <code>davs</code>.
${copied('address', 'the address', gvfsAddress(address, userName))}</li>
<li>Give the password when it is asked for. In a terminal, the same is:
${copied('gio', 'the line', `gio mount ${inShell(gvfsAddress(address, userName))}`)}</li>
</ol>
${picture({
  title: 'Authentication Required',
  fields: [
    ['Username', userName],
    ['Password', '••••••••••••••'],
  ],
  button: 'Connect',
  caption: 'GNOME Files asks for the user name and the password. Choose “Remember forever”.',
})}`,
};

/** The address with the scheme and the user that gvfs knows: `davs://ada%40contoso.com@files.example/`. */
function gvfsAddress(address: string, userName: string): string {
  return address.replace(
    /^http(s?):\/\//,
    (_, s: string) => `dav${s}://${encodeURIComponent(userName).replaceAll("'", '%27')}@`,
  );
}

export const DAVFS2: Guide = {
  label: 'davfs2',
  device: 'davfs2',
  steps: ({ address, userName, password = YOUR_PASSWORD }) => html`<ol class="steps">
<li>Add this line to <code>/etc/davfs2/secrets</code>, which only root may read. For a user’s own mounts it is <code>~/.davfs2/secrets</code>.
${copied('secrets', 'the line for secrets', [address, userName, password].map(inSecrets).join(' '))}</li>
<li>Add this line to <code>/etc/fstab</code>:
${copied('fstab', 'the line for fstab', `${address.replaceAll(' ', '\\040')} /mnt/onedrive davfs user,noauto,_netdev 0 0`)}</li>
<li>Mount it. On kernels from 6.18, set <code>buf_size 64</code> in <code>/etc/davfs2/davfs2.conf</code> before.
${copied('mount', 'the lines', 'sudo mkdir -p /mnt/onedrive\nsudo mount /mnt/onedrive')}</li>
</ol>
${picture({
  title: 'Terminal',
  fields: [
    ['$', 'sudo mount /mnt/onedrive'],
    ['$', 'ls /mnt/onedrive'],
  ],
  button: 'done',
  caption: 'The mount asks for nothing: name and password are in the file of secrets.',
})}`,
};

/** A word of davfs2's secrets: in quotes, with backslashes before quotes and backslashes (davfs2, mount.davfs(8)). */
function inSecrets(word: string): string {
  return `"${word.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** The encoding of rclone's own OneDrive backend, for names that OneDrive cannot hold (docs/clients.md, "rclone"). */
const ENCODING =
  'Slash,LtGt,DoubleQuote,Colon,Question,Asterisk,Pipe,BackSlash,Del,Ctl,LeftSpace,LeftTilde,RightSpace,RightPeriod,InvalidUtf8,Dot';

export const RCLONE: Guide = {
  label: 'rclone',
  device: 'rclone',
  steps: ({ address, userName, password = YOUR_PASSWORD }) => html`<ol class="steps">
<li>Run this line. It stores the password scrambled in rclone’s configuration. With a space before it, most shells keep it out of their history.
${copied('rclone', 'the line', rcloneLine(address, userName, password))}</li>
<li>List your files:
${copied('rclone-list', 'the line', 'rclone lsd onedrive-webdav:')}</li>
</ol>
${picture({
  title: 'Terminal',
  fields: [
    ['$', 'rclone config create onedrive-webdav webdav …'],
    ['$', 'rclone lsd onedrive-webdav:'],
  ],
  button: 'done',
  caption: 'rclone lists your folders.',
})}`,
};

/** `--obscure`: rclone takes a text like our passwords for one that it has scrambled already (rclone 1.60). */
function rcloneLine(address: string, userName: string, password: string): string {
  const settings = { url: address, vendor: 'owncloud', user: userName, pass: password, encoding: ENCODING };
  const words = Object.entries(settings).map(([name, value]) => inShell(`${name}=${value}`));
  return ` rclone config create --obscure onedrive-webdav webdav ${words.join(' ')}`;
}

/** A word for a POSIX shell. */
function inShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
