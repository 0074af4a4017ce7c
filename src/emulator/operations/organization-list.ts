import { refuseUnknownQuery, selectFrom } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { authorize } from '../tokens.ts';

/** `GET /organization` (Graph docs, "List organization"): the token's tenant. */
export function organizationList(exchange: Exchange): Reply {
  const { tenant } = authorize(exchange, 'readOrganization');
  refuseUnknownQuery(exchange, ['$select']);
  const initial = {
    capabilities: 'Email, OfficeCommunicationsOnline',
    isDefault: false,
    isInitial: true,
    name: tenant.domain,
    type: 'Managed',
  };
  const others = [...new Set(tenant.users.map(({ upn }) => upn.toLowerCase().split('@')[1]!))]
    .filter(name => name !== tenant.domain)
    .map((name, index) => ({ ...initial, isDefault: index === 0, isInitial: false, name }));
  const verifiedDomains = others.length === 0 ? [{ ...initial, isDefault: true }] : [initial, ...others];
  const value = [
    selectFrom(exchange, {
      id: tenant.id,
      countryLetterCode: null,
      displayName: tenant.displayName,
      tenantType: 'AAD',
      verifiedDomains,
    }),
  ];
  return { status: 200, json: withContext(exchange, { value }, 'organization') };
}
