import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type MailboxHandle,
} from '../../src/emulator/emulator.ts';
import { type CallOptions, type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from './microsoft-client.ts';

/** One emulated drive, `ada@contoso.com`'s, with a client that knows nothing of ours. */
export interface EmulatedDrive extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly mailbox: MailboxHandle;
  readonly client: MicrosoftClient;
  /** A Graph call below `/drives/{id}`. */
  call(path: string, options?: CallOptions): Promise<MicrosoftAnswer>;
  get(path: string, headers?: Record<string, string>): Promise<MicrosoftAnswer>;
  post(path: string, body: object): Promise<MicrosoftAnswer>;
  patch(path: string, body: object): Promise<MicrosoftAnswer>;
  /** A simple PUT that replaces. */
  put(path: string, body: string | Buffer, headers?: Record<string, string>): Promise<MicrosoftAnswer>;
  delete(path: string): Promise<MicrosoftAnswer>;
  /** The address of a new upload session that replaces. */
  session(path: string, item?: object): Promise<string>;
  fragment(url: string, bytes: Buffer, start: number, total: number): Promise<MicrosoftAnswer>;
}

export const CONFLICT = '@microsoft.graph.conflictBehavior';

export async function emulatedDrive(options: EmulatorOptions & { quotaBytes?: number } = {}): Promise<EmulatedDrive> {
  const { quotaBytes, ...own } = options;
  const emulator = await createEmulator(own);
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com', quotaBytes });
  const client = await microsoftClient(emulator);
  const call: EmulatedDrive['call'] = (path, given) => client.graph(`/drives/${mailbox.driveId}${path}`, given);
  return {
    emulator,
    mailbox,
    client,
    call,
    get: (path, headers = {}) => call(path, { headers }),
    post: (path, body) => call(path, { method: 'POST', body }),
    patch: (path, body) => call(path, { method: 'PATCH', body: { [CONFLICT]: 'fail', ...body } }),
    put: (path, body, headers = {}) =>
      call(`/root:${path}:/content?${CONFLICT}=replace`, { method: 'PUT', body, headers }),
    delete: path => call(path, { method: 'DELETE' }),
    session: async (path, item = {}) => {
      const body = { item: { [CONFLICT]: 'replace', ...item } };
      return (await call(`/root:${path}:/createUploadSession`, { method: 'POST', body })).json.uploadUrl;
    },
    fragment: (url, bytes, start, total) =>
      client.plain(url, {
        method: 'PUT',
        body: bytes,
        headers: { 'content-range': `bytes ${start}-${start + bytes.length - 1}/${total}` },
      }),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await emulator.close();
    },
  };
}

/** Status, code and inner code of an answer. */
export function codesOf({ status, json }: MicrosoftAnswer): unknown[] {
  return [status, json?.error?.code, json?.error?.innerError?.code];
}

/** The names in a listing. */
export function namesOf({ json }: MicrosoftAnswer): unknown[] {
  return json.value.map((item: { name?: string }) => item.name);
}
