import { isLoginHost } from './clouds.ts';
import type { Exchange } from './exchange.ts';
import type { Tenant } from './tenant.ts';
import { invalidRequest, type Refusal } from './token-refusal.ts';

/** The tenant that the first segment of a login URL names; or what Entra says when there is none of that name in this cloud. */
export function readTenant({ host, url, world }: Exchange): Tenant | Refusal {
  const asked = decodeURIComponent(url.pathname.split('/')[1]!);
  if (!/^[0-9a-f-]{36}$/i.test(asked) && !asked.includes('.')) {
    const text = `Specified tenant identifier '${asked}' is neither a valid DNS name, nor a valid external domain.`;
    return invalidRequest(900023, text);
  }
  const tenant = world.tenants.find(asked, isLoginHost(host) ? host : undefined);
  const text = `Tenant '${asked}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`;
  return tenant ?? invalidRequest(90002, text);
}

/** An application that the tenant does not know. */
export function unknownClient(tenant: Tenant, clientId: string): Refusal {
  return {
    code: 700016,
    error: 'unauthorized_client',
    status: 400,
    text: `Application with identifier '${clientId}' was not found in the directory '${tenant.displayName}'.`,
  };
}
