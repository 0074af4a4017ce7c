import { describe, expect, it } from 'vitest';
import type { CloudName } from '../../src/graph/cloud-names.ts';
import { consentHost, newRegistrationLink, registrationLink } from '../../src/setup/portals.ts';

describe('links into Entra', () => {
  it.each([
    ['global', 'https://entra.microsoft.com'],
    ['usgov', 'https://entra.microsoft.us'],
    ['usgovdod', 'https://entra.microsoft.us'],
    ['china', 'https://entra.microsoftonline.cn'],
  ] satisfies [CloudName, string][])('of %s lead to %s', (cloud, origin) => {
    expect(newRegistrationLink(cloud)).toMatch(`${origin}/#view/`);
    const link = registrationLink(cloud, 'CallAnAPI', 'the-id');
    expect(link).toBe(
      `${origin}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI/appId/the-id/isMSAApp~/false`,
    );
  });

  it('consent is given where tokens come from, but for China', () => {
    expect(consentHost('usgov', 'https://login.microsoftonline.us')).toBe('https://login.microsoftonline.us');
    expect(consentHost('china', 'https://login.chinacloudapi.cn')).toBe('https://login.partner.microsoftonline.cn');
  });
});
