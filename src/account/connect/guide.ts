import type { Html } from '../../lib/html.ts';

/** What a device must be told. */
export interface Connection {
  /** Of the tree of files, with a slash at the end. */
  readonly address: string;
  readonly userName: string;
  /** Undefined where it is not shown. */
  readonly password: string | undefined;
  /** The path of the file that Windows runs. */
  readonly windowsFile: string;
}

/** How one kind of device is connected. */
export interface Guide {
  readonly label: string;
  /** The name that the form proposes. */
  readonly device: string;
  /** The steps, from the password to the dialogue in which they end. */
  readonly steps: (connection: Connection) => Html;
}

/** Stands for a password that is not on the page. */
export const YOUR_PASSWORD = 'PASSWORD';
