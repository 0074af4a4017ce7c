import type { CloudName } from '../graph/cloud-names.ts';

/**
 * The Entra admin centre of each cloud (learn, "Microsoft Entra FAQ", the hosts that a firewall has to let through).
 */
const ADMIN_CENTRES: Record<CloudName, string> = {
  global: 'https://entra.microsoft.com',
  usgov: 'https://entra.microsoft.us',
  usgovdod: 'https://entra.microsoft.us',
  china: 'https://entra.microsoftonline.cn',
};

/**
 * Where a browser gives consent, where that is not where tokens come from: for China Microsoft documents another host
 * than the one that @azure/identity knows (docs.azure.cn, "Admin consent on the Microsoft identity platform").
 */
const CONSENT_HOSTS: Partial<Record<CloudName, string>> = { china: 'https://login.partner.microsoftonline.cn' };

/** A page of an application's registration. */
export type RegistrationPage = 'Overview' | 'Authentication' | 'Credentials' | 'CallAnAPI';

/** Where a new application is registered. */
export function newRegistrationLink(cloud: CloudName): string {
  return `${ADMIN_CENTRES[cloud]}/#view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null/isMSAApp~/false`;
}

export function registrationLink(cloud: CloudName, page: RegistrationPage, clientId: string): string {
  return `${ADMIN_CENTRES[cloud]}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/${page}/appId/${clientId}/isMSAApp~/false`;
}

/** The host of the consent page, when no other stands in for it. */
export function consentHost(cloud: CloudName, authorityHost: string): string {
  return CONSENT_HOSTS[cloud] ?? authorityHost;
}
