import type { Application } from './application.ts';
import { isLoginHost } from './clouds.ts';
import type { Exchange } from './exchange.ts';
import type { Tenant } from './tenant.ts';
import { invalidRequest, isRefusal, type Refusal } from './token-refusal.ts';

/** Names in the place of a tenant: work accounts and personal ones, work accounts, personal ones. */
const SHARED = ['common', 'organizations', 'consumers'] as const;
export type SharedAuthority = (typeof SHARED)[number];

/** The tenant or tenants of a login URL. */
export type Authority = { readonly name: string; readonly tenant: Tenant } | { readonly name: SharedAuthority };

/** The first segment of a login URL, as it was written. */
export function authorityName({ url }: Exchange): string {
  return decodeURIComponent(url.pathname.split('/')[1]!);
}

export function readAuthority(exchange: Exchange): Authority | Refusal {
  const name = authorityName(exchange);
  const shared = SHARED.find(each => each === name);
  if (shared !== undefined) {
    return { name: shared };
  }
  const tenant = readTenant(exchange);
  return isRefusal(tenant) ? tenant : { name, tenant };
}

/**
 * Returns the tenant of a login URL's first segment, or Entra's refusal when there is none of that name in this
 * cloud.
 */
export function readTenant(exchange: Exchange): Tenant | Refusal {
  const { host, world } = exchange;
  const asked = authorityName(exchange);
  if (!/^[0-9a-f-]{36}$/i.test(asked) && !asked.includes('.')) {
    const text = `Specified tenant identifier '${asked}' is neither a valid DNS name, nor a valid external domain.`;
    return invalidRequest(900023, text);
  }
  const tenant = world.tenants.find(asked, isLoginHost(host) ? host : undefined);
  const text = `Tenant '${asked}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`;
  return tenant ?? invalidRequest(90002, text);
}

/** Returns the tenants of a request's login host; all tenants, where all hosts are one. */
export function tenantsOfHost({ host, world }: Exchange): Tenant[] {
  return world.tenants.all.filter(({ cloud }) => !isLoginHost(host) || cloud.loginHosts.includes(host));
}

/** An application with the tenant that it is registered in. */
export interface Registration {
  readonly application: Application;
  readonly home: Tenant;
}

/**
 * Returns the application that asks for a person: one of the tenant, or a multi-tenant one of another. By `common` and
 * its like only multi-tenant ones can be reached (AADSTS50194).
 */
export function readRegistration(exchange: Exchange, authority: Authority, clientId: string): Registration | Refusal {
  const home = tenantsOfHost(exchange).find(tenant => tenant.findApplication(clientId) !== undefined);
  const application = home?.findApplication(clientId);
  const isForAll = application?.signInAudience === 'AzureADMultipleOrgs';
  if (home === undefined || application === undefined) {
    return unknownClient('tenant' in authority ? authority.tenant : undefined, clientId);
  }
  if ('tenant' in authority && authority.tenant !== home && !isForAll) {
    return unknownClient(authority.tenant, clientId);
  }
  if (!('tenant' in authority) && !isForAll) {
    const text = `Application '${clientId}'(${application.displayName}) is not configured as a multi-tenant application. Usage of the /${authority.name} endpoint is not supported for such applications created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.`;
    return invalidRequest(50194, text);
  }
  return application.disabled ? disabledClient(application) : { application, home };
}

/** Returns the refusal for an application that the tenant does not know. */
export function unknownClient(tenant: Tenant | undefined, clientId: string): Refusal {
  return {
    code: 700016,
    error: 'unauthorized_client',
    status: 400,
    text: `Application with identifier '${clientId}' was not found in the directory '${tenant?.displayName ?? 'of any organization'}'.`,
  };
}

export function disabledClient({ clientId, displayName }: Application): Refusal {
  const text = `Application '${clientId}'(${displayName}) is disabled.`;
  return { code: 7000112, error: 'unauthorized_client', status: 400, text };
}
