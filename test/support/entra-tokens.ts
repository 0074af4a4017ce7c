import type { ApplicationHandle, Emulator, MailboxHandle, TenantHandle } from '../../src/emulator/emulator.ts';
import type { ExposedApi } from '../../src/emulator/exposed-api.ts';
import { type MicrosoftClient, microsoftClient } from './microsoft-client.ts';

export const SCOPE = 'access_as_user';
const PASSWORD = 'Engine1843';

/** Access tokens of an emulated Entra, for the API that its first application exposes. */
export interface EntraTokens {
  readonly microsoft: MicrosoftClient;
  readonly ada: MailboxHandle;
  /** `api://CLIENT_ID` */
  readonly uri: string;
  /** Ada's, with changes of the request. */
  token(form?: Record<string, string>, tenant?: string): Promise<string>;
  /** The whole answer. */
  tokens(form?: Record<string, string>, tenant?: string): Promise<Record<string, string>>;
  expose(change?: Partial<ExposedApi>): void;
  /** Another tenant with an Eve, whose consent is given. */
  addEve(): TenantHandle & { readonly eve: MailboxHandle };
  /** Another application of the tenant, which exposes an API as well. */
  addOther(): ApplicationHandle;
  close(): Promise<void>;
}

export async function entraTokens(emulator: Emulator): Promise<EntraTokens> {
  const microsoft = await microsoftClient(emulator);
  const ada = emulator.addMailbox({ upn: 'ada@contoso.com', displayName: 'Ada', password: PASSWORD });
  const uri = `api://${emulator.clientId}`;
  const apiOf = (appId: string): ExposedApi => ({
    requestedAccessTokenVersion: 2,
    oauth2PermissionScopes: [SCOPE, 'read_only'],
    preAuthorizedApplications: [{ appId, scopes: [SCOPE, 'read_only'] }],
  });
  const expose = (change: Partial<ExposedApi> = {}) =>
    emulator.setApplication({ identifierUris: [uri], api: { ...apiOf(emulator.clientId), ...change } });
  expose();
  const tokens = async (form: Record<string, string> = {}, tenant = emulator.tenantId) => {
    const body = new URLSearchParams({
      ...{ grant_type: 'password', username: 'ada@contoso.com', password: PASSWORD },
      ...{
        client_id: emulator.clientId,
        client_secret: emulator.clientSecret,
        scope: `openid ${uri}/${SCOPE}`,
        ...form,
      },
    });
    const { json } = await microsoft.plain(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
    });
    if (json.access_token === undefined) {
      throw new Error(json.error_description);
    }
    return json;
  };
  return {
    ...{ microsoft, ada, uri, expose, tokens },
    token: async (form, tenant) => (await tokens(form, tenant)).access_token!,
    addEve: () => {
      const tenant = emulator.addTenant({ name: 'fabrikam' });
      return Object.assign(tenant, { eve: tenant.addMailbox({ upn: 'eve@fabrikam.com', password: PASSWORD }) });
    },
    addOther: () => {
      const other = emulator.addApplication({ displayName: 'Other' });
      other.set({ identifierUris: [`api://${other.clientId}`], api: apiOf(other.clientId) });
      return other;
    },
    close: () => microsoft.close(),
  };
}
