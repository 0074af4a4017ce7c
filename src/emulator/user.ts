import { selectFrom } from './directory-query.ts';
import { time } from './driveitem.ts';
import type { Exchange } from './exchange.ts';
import type { User } from './site.ts';

/** The properties without `$select` (Graph docs, "List users"); `accountEnabled` is not among them. */
const SHOWN_BY_DEFAULT = [
  ...['businessPhones', 'displayName', 'givenName', 'id', 'jobTitle', 'mail', 'mobilePhone', 'officeLocation'],
  ...['preferredLanguage', 'surname', 'userPrincipalName'],
];
/** Office 365 E3, and its SharePoint plan 2 (learn, "Product names and service plan identifiers for licensing"). */
const SKU = '6fd2c87f-b296-42f0-b197-1e91e994b900';
const SHAREPOINT_PLAN = '5dbe027f-2339-4123-9542-606e4d348a72';

/**
 * Renders the user with only the properties in `$select`. `mySite` is really 501 for a collection, too
 * (Graph docs, "List users").
 */
export function renderUser(exchange: Exchange, user: User): Record<string, unknown> {
  return selectFrom(exchange, userProperties(user), SHOWN_BY_DEFAULT);
}

/**
 * Renders a user for callers that may see memberships but no users: only its id (Graph docs, note on "limited
 * information" of inaccessible member objects).
 */
export function renderLimitedUser(exchange: Exchange, user: User): Record<string, unknown> {
  const properties = Object.keys(userProperties(user)).map(name => [name, name === 'id' ? user.id : null]);
  return selectFrom(exchange, Object.fromEntries(properties), SHOWN_BY_DEFAULT);
}

export function userProperties(user: User): Record<string, unknown> {
  const { licensed } = user;
  const plan = {
    assignedDateTime: time(user.site.created),
    capabilityStatus: 'Enabled',
    service: 'SharePoint',
    servicePlanId: SHAREPOINT_PLAN,
  };
  return {
    accountEnabled: user.accountEnabled,
    assignedLicenses: licensed ? [{ disabledPlans: [], skuId: SKU }] : [],
    assignedPlans: licensed ? [plan] : [],
    businessPhones: [],
    displayName: user.displayName,
    givenName: null,
    id: user.id,
    jobTitle: null,
    mail: user.mail,
    mobilePhone: null,
    officeLocation: null,
    preferredLanguage: null,
    surname: null,
    userPrincipalName: user.upn,
    userType: user.upn.includes('#EXT#') ? 'Guest' : 'Member',
  };
}
