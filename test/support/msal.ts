import { ConfidentialClientApplication } from '@azure/msal-node';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { type MicrosoftClient, microsoftClient } from './microsoft-client.ts';

export interface MsalClient {
  readonly application: ConfidentialClientApplication;
  close(): Promise<void>;
}

interface NetworkOptions {
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** Microsoft's own library for the emulator's first application, with the emulator as its proxy. */
export async function msalClient(emulator: Emulator, tenant = emulator.tenantId): Promise<MsalClient> {
  const microsoft = await microsoftClient(emulator);
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: emulator.clientId,
      clientSecret: emulator.clientSecret,
      authority: `https://login.microsoftonline.com/${tenant}`,
    },
    system: {
      networkClient: {
        sendGetRequestAsync: <T>(url: string, options?: NetworkOptions) => send<T>(microsoft, url, options),
        sendPostRequestAsync: <T>(url: string, options?: NetworkOptions) => send<T>(microsoft, url, options, 'POST'),
      },
    },
  });
  return { application, close: () => microsoft.close() };
}

async function send<T>(microsoft: MicrosoftClient, url: string, options: NetworkOptions = {}, method = 'GET') {
  const { status, headers, json } = await microsoft.plain(url, { method, ...options });
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, String(v)])),
    body: json as T,
  };
}
