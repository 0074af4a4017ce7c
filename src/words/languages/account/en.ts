import { type Html, html } from '../../../lib/html.ts';

/** A name, isolated by `name.ts`. */
type Name = Html | string;

/** What is known of a sign-in that does not go on. */
export interface RefusalValues {
  /** The name with which the person tried. */
  readonly attempted: Html;
  /** After which it may be tried again. */
  readonly seconds: string;
}

/** The words for a sign-in, or a form, that does not go on. */
export interface RefusalWords {
  readonly title: string;
  readonly message: string | ((values: RefusalValues) => Html);
}

/**
 * The words of the account pages. What is for administrators, and the steps in foreign programs, stay in English: they
 * are looked up.
 */
const words = {
  signIn: 'Sign in to your files',
  signInWith: (service: Name): Html => html`Sign in with ${service}`,
  byPassword: 'Sign in with a name and a password instead',
  welcome: 'Your files over WebDAV',
  what: 'Sign in to connect your computer or phone with your files, and to see which devices are connected.',
  tryAgain: 'Try again',
  forAdmin: 'For your administrator',
  whatToDo: 'What to do',
  serviceSays: 'The service says',
  toStart: 'To the start page',
  noPage: 'There is no such page',
  mistyped: 'The address may be mistyped.',
  otherWay: 'This page works in another way',
  goBack: 'Please go back to the start page.',
  signedOut: 'You have signed out',
  signedOutHere: 'This browser is signed out.',
  signedOutThere: (service: Name): Html => html`You are now signed out of ${service} as well.`,
  signOut: 'Sign out',

  devices: 'Your devices',
  connect: 'Connect this device',
  passwords: 'Device passwords',
  each: (user: Html): Html =>
    html`Each device and program has a password of its own, so that you can revoke one without the others. Your user name is ${user}.`,
  noneYet: 'There are none yet.',
  make: 'Make a password',
  enough: (max: number): string =>
    `You have ${max} passwords, and may not have more. Revoke one that you no longer use.`,
  lost: 'Lost a device?',
  lostWhat: 'This revokes all your device passwords, and signs you out in all browsers.',
  revokeAll: 'Revoke all, and sign out everywhere',
  revoke: 'Revoke',
  revokeOne: (device: Name): Html => html`Revoke ${device}`,
  made: (day: Html): Html => html`Made ${day}`,
  ended: (day: Html): Html => html`ended ${day}`,
  ends: (day: Html): Html => html`ends ${day}`,
  readOnly: 'read only',
  only: (folder: Name): Html => html`only ${folder}`,
  unused: 'Not used yet',
  lastUsed: (day: Html, address: Name, program: Html): Html => html`Last used ${day} from ${address} by ${program}`,
  unnamed: 'an unnamed program',

  name: 'Name of the device or program',
  nameHint: 'So that you recognise it in the list later.',
  lastDay: 'Last day (optional)',
  lastDayHint: 'After this day the password no longer works. Empty: until you revoke it.',
  folder: 'Only this folder (optional)',
  folderHint: (example: Html): Html => html`From the top, with the name of the drive first, such as ${example}.`,
  documents: 'Documents',
  changesNothing: 'Read only: the device can change nothing',
  badName: (max: number): string => `Give the password a name of 1 to ${max} characters.`,
  badDay: 'The last day must be a date that is not over yet.',
  badFolder: 'The folder must be a path of names, separated by “/”.',

  passwordFor: (device: Name): Html => html`The password for ${device}`,
  keepIt: 'This password is shown only now. Put it into the device, or into a password manager.',
  onlyNow: 'This password is shown only now.',
  copy: 'Copy',
  copied: 'Copied',
  copyPassword: 'Copy the password',
  address: 'Address',
  userName: 'User name',
  done: 'Done',
  madeAlready: 'This password was made already',
  madeAlreadyWhat:
    'The form was sent twice, and a password is shown only once. If you did not keep it, revoke it and make another one.',
  tooMany: 'You have too many passwords',
  tooManyWhat: (max: number): string => `You may have ${max}. Revoke one that you no longer use.`,

  first: 'First, a password for it',
  nextPage: (device: Name): Html => html`The next page shows it, with all that ${device} needs.`,
  makeAndShow: 'Make a password and show the steps',
  known: 'With a password that you have',
  toDevices: 'To your devices',
  connectOne: (device: Name): Html => html`Connect ${device}`,
  steps: 'The steps',
  kinds: 'Kind of device',

  /** By the reason of a refusal; of those that are not here, the refusal's own English words are said. */
  refusals: {} as Readonly<Record<string, RefusalWords>>,
  /** For a reason of the provider's own that is not among them; undefined: the refusal's own words. */
  otherRefusal: undefined as RefusalWords | undefined,
};

export type AccountWords = typeof words;
export default words;
