import type { CloudName } from '../graph/cloud-names.ts';

/**
 * The Entra admin centre of each cloud (learn, "Microsoft Entra FAQ", the hosts that a firewall must allow).
 */
const ADMIN_CENTRES: Record<CloudName, string> = {
  global: 'https://entra.microsoft.com',
  usgov: 'https://entra.microsoft.us',
  usgovdod: 'https://entra.microsoft.us',
  china: 'https://entra.microsoftonline.cn',
};

/**
 * The consent page's host, where it is not the token host: for China Microsoft documents another host than the one in
 * @azure/identity (docs.azure.cn, "Admin consent on the Microsoft identity platform").
 */
const CONSENT_HOSTS: Partial<Record<CloudName, string>> = { china: 'https://login.partner.microsoftonline.cn' };

/** A page of an application's registration. */
export type RegistrationPage = 'Overview' | 'Authentication' | 'Credentials' | 'CallAnAPI';

/** Returns the page that registers a new application. */
export function newRegistrationLink(cloud: CloudName): string {
  return `${ADMIN_CENTRES[cloud]}/#view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null/isMSAApp~/false`;
}

export function registrationLink(cloud: CloudName, page: RegistrationPage, clientId: string): string {
  return `${ADMIN_CENTRES[cloud]}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/${page}/appId/${clientId}/isMSAApp~/false`;
}

/** Returns the consent page's host, unless an option replaces it. */
export function consentHost(cloud: CloudName, authorityHost: string): string {
  return CONSENT_HOSTS[cloud] ?? authorityHost;
}
