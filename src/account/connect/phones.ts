import { encodeQR } from 'qr';
import { type Html, html, trusted } from '../../lib/html.ts';
import { copied } from '../copied.ts';
import type { Connection, Guide } from './guide.ts';
import { picture } from './picture.ts';

export const IOS: Guide = {
  label: 'iPhone, iPad',
  device: 'iPhone',
  steps:
    connection => html`<p>The app Files of iOS cannot open WebDAV by itself. Use an app that can, such as Documents, FE File Explorer or Owlfiles.</p>
${phoneSteps(connection, 'WebDAV')}`,
};

export const ANDROID: Guide = {
  label: 'Android',
  device: 'Android phone',
  steps:
    connection => html`<p>Android cannot open WebDAV by itself. Use an app that can, such as Material Files, Solid Explorer or Round Sync.</p>
${phoneSteps(connection, 'Add a WebDAV server')}`,
};

function phoneSteps({ address, userName }: Connection, title: string): Html {
  return html`<ol class="steps">
<li>In the app, add a server of the kind <b>WebDAV</b>. If this page is on another screen, point the camera at this code to get the address onto the phone:
${qrCode(address)}
${copied('address', 'the address', address)}</li>
<li>Give your user name and the password:
${copied('user-name', 'the user name', userName)}</li>
</ol>
${picture({
  title,
  fields: [
    ['URL', address],
    ['User name', userName],
    ['Password', '••••••••••••••'],
  ],
  button: 'Save',
  caption: 'The names of the fields differ from app to app; these three are all that is needed.',
})}`;
}

/** Only the address: whoever sees the screen may read it. */
function qrCode(address: string): Html {
  const modules = encodeQR(address, 'raw', { border: 4 });
  const dark = modules.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return html`<figure class="qr"><svg viewBox="0 0 ${modules.length} ${modules.length}" role="img" aria-label="QR code of the address" shape-rendering="crispEdges"><path d="${trusted(dark.join(''))}" fill="#000"/></svg></figure>`;
}
