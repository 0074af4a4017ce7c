import { type Html, html } from '../../lib/html.ts';
import account from './account/en.ts';

/** A name, isolated by `name.ts`. */
type Name = Html | string;

/**
 * The words of the pages that the server makes, in English. A language is one more file of this shape, and a line in
 * `words.ts`.
 */
const words = {
  account,

  password: {
    title: 'This link needs a password',
    hint: 'The person who gave you the link knows it.',
    label: 'Password',
    open: 'Open',
    wrong: 'This password is wrong.',
    tooMany: 'There were too many wrong passwords.',
    busy: 'Too many people come in just now.',
  },

  upload: {
    title: (folder: Name): Html => html`Send files to ${folder}`,
    what: 'This link takes files. It shows none, and a file that was sent cannot be replaced or taken back.',
    files: 'Files to send:',
    send: 'Send',
    sent: (file: Name): Html => html`${file} was sent`,
    sentAs: (file: Name, other: Name): Html => html`${file} was sent as ${other}`,
    notSent: (file: Name, problem: Html): Html => html`${file} was not sent: ${problem}`,
    oneFile: 'By a program, one file:',
    folder: 'A folder:',
    programs: 'Programs for WebDAV can open this address as a folder.',
    needsPassword: 'It needs its password, with any user name.',
  },

  error: {
    home: 'Home',
    waysBack: 'Ways back',
    again: (seconds: string): string => `Please try again in ${seconds} seconds.`,
    titles: {
      401: 'You are not signed in',
      403: 'You may not open this',
      404: 'There is nothing here',
      410: 'This is no longer here',
      416: 'This part of the file does not exist',
      423: 'Somebody has locked this',
      429: 'Too many requests',
      503: 'This cannot be reached just now',
      504: 'This takes too long just now',
    } as Readonly<Record<number, string>>,
    wrongAddress: 'This address cannot be opened',
    failed: 'Something went wrong',
    /** What is said of a failure by its status; `message`: what the server says, in English. */
    problem: (_status: number, message: string): Html => html`<bdi>${message}</bdi>`,
  },

  /** What is said to a visitor whom a share does not let in. */
  refusal: {
    none: 'There is no such share. Is the address whole?',
    over: 'This share has ended.',
    closed: 'This share is closed now. Please ask the person who gave you the link.',
    password: 'This share needs its password.',
    guessing: 'There were too many wrong guesses. Please try again later.',
    busy: 'Too many people come in just now. Please try again in a moment.',
    pending: 'This share cannot be reached now. Please try again later.',
  },

  folder: {
    home: 'Home',
    above: 'Folders above',
    empty: 'This folder is empty.',
    withoutScripts: 'This folder as a page without scripts',
    name: 'Name',
    size: 'Size',
    modified: 'Modified (UTC)',
    free: (size: Html): Html => html`${size} free`,
    /** Before the name of a folder, for screen readers. */
    isFolder: 'Folder: ',
    folders: (count: number, shown: string): string => `${shown} ${count === 1 ? 'folder' : 'folders'}`,
    files: (count: number, shown: string): string => `${shown} ${count === 1 ? 'file' : 'files'}`,
    bytes: (count: number, shown: string): string => `${shown} ${count === 1 ? 'byte' : 'bytes'}`,
  },
};

export type Words = typeof words;
export default words;
