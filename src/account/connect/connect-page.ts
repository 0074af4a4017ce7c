import { type Html, html } from '../../lib/html.ts';
import { renderCopied } from '../copied.ts';
import { renderHeader } from '../header.ts';
import { type Page, send, sendPage } from '../page.ts';
import { fieldsOf, type PasswordFields, passwordForm, readWish } from '../password-form.ts';
import { addPassword } from '../passwords.ts';
import type { FormVisit, OwnVisit } from '../visit.ts';
import { DEVICES, type Device, detectDevice, GUIDES, isDevice } from './guides.ts';
import { windowsFile } from './windows.ts';

/** Shows how the device of the URL, or the one that the browser runs on, is connected. */
export function connectPage(
  visit: OwnVisit,
  again: { status?: number; fields?: PasswordFields; problem?: string } = {},
): Page {
  const { words } = visit;
  const device = deviceOf(visit);
  const { label, device: name } = GUIDES[device];
  const fields = again.fields ?? { name, expires: '', readOnly: false, folder: '' };
  return {
    ...(again.status === undefined ? {} : { status: again.status }),
    title: words.connect,
    header: renderHeader(visit),
    body: html`${renderChoice(visit, device)}
<h2>${words.first}</h2>
<p>${words.nextPage(label)}</p>
${passwordForm(visit, {
  purpose: 'connect',
  action: `/connect/${device}`,
  button: words.makeAndShow,
  fields,
  problem: again.problem,
})}
<h2>${words.known}</h2>
${renderSteps(visit, device, undefined)}
<p><a href="${visit.home}/">${words.toDevices}</a></p>`,
  };
}

/** Makes a password for a device, and shows with it what that device needs: in the answer to the form only. */
export async function connectDevice(visit: FormVisit): Promise<void> {
  const device = deviceOf(visit);
  const fields = fieldsOf(visit.fields);
  const wish = readWish(fields, visit.parts.clock.now(), visit.words);
  if (typeof wish === 'string') {
    sendPage(visit.response, connectPage(visit, { status: 400, fields, problem: wish }));
    return;
  }
  const made = await addPassword(visit, wish);
  sendPage(visit.response, typeof made === 'string' ? connectedPage(visit, device, made) : made.refusal);
}

/** Sends the file that Windows runs. It holds no password. */
export function sendWindowsFile(visit: OwnVisit): void {
  const { place, signedIn, response } = visit;
  send(response, 200, windowsFile(`${place.root}/`, signedIn.admitted.person.principal), {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': 'attachment; filename="connect-onedrive.cmd"',
  });
}

function connectedPage(visit: FormVisit, device: Device, password: string): Page {
  const { words } = visit;
  return {
    title: words.connectOne(GUIDES[device].label),
    header: renderHeader(visit),
    body: html`<div class="notice"><p>${words.onlyNow}</p></div>
${renderCopied({ id: 'password', text: password, words, label: words.copyPassword, look: 'password' })}
<h2>${words.steps}</h2>
${renderSteps(visit, device, password)}
<p><a class="button" href="${visit.home}/">${words.done}</a></p>`,
  };
}

/** In English, as are most names of what programs show in them. */
function renderSteps({ place, home, signedIn }: OwnVisit, device: Device, password: string | undefined): Html {
  const steps = GUIDES[device].steps({
    address: `${place.root}/`,
    userName: signedIn.admitted.person.principal,
    password,
    windowsFile: `${home}/connect-onedrive.cmd`,
  });
  return html`<div lang="en">${steps}</div>`;
}

function renderChoice({ home, words }: OwnVisit, current: Device): Html {
  return html`<nav aria-label="${words.kinds}"><ul>
${DEVICES.map(
  device =>
    html`<li><a href="${home}/connect/${device}"${device === current ? html` aria-current="page"` : undefined}>${GUIDES[device].label}</a></li>
`,
)}</ul></nav>`;
}

function deviceOf({ path, request }: OwnVisit): Device {
  const named = path.split('/')[2] ?? '';
  return isDevice(named) ? named : detectDevice(request);
}
