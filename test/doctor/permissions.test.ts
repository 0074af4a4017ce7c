import { describe, expect, it } from 'vitest';
import type { MountConfig } from '../../src/discovery/mount-config.ts';
import { permissionsCheck } from '../../src/doctor/permissions.ts';
import type { TenantUnderTest } from '../../src/doctor/tenant.ts';

const LINKS = { consent: 'https://consent.example/', credentials: 'https://credentials.example/' };

function examine(roles: readonly string[], { readOnly = false, links = LINKS as TenantUnderTest['links'] } = {}) {
  const mount = {
    ...{ tenant: 'default', root: [], readOnly, shortcuts: 'show', download: 'auto', position: 0, name: 'ada' },
    source: { kind: 'mailbox', mailbox: 'ada' },
    limits: {},
  } as const satisfies MountConfig;
  const tenant = { label: undefined, links, roles: async () => roles } as unknown as TenantUnderTest;
  return permissionsCheck({ tenant, needs: [], mounts: [mount] }).run(new AbortController().signal);
}

describe('the check of the permissions', () => {
  it.each([
    [['Files.ReadWrite.All'], {}, 'may read and change every file in every OneDrive'],
    [
      ['Files.ReadWrite.All', 'User.Read.All', 'GroupMember.Read.All', 'Application.Read.All'],
      {},
      'may read and change',
    ],
    [['Files.Read.All'], { readOnly: true }, 'may read every file in every OneDrive'],
    [['Sites.Selected'], {}, 'only the sites that were granted to it'],
  ])('is content with %j for %o, and says what that lets this server do', async (roles, options, means) => {
    const findings = await examine(roles, options);
    expect(findings).toMatchObject([{ level: 'ok', means: expect.stringContaining(means) }]);
  });

  it.each([
    [['Files.ReadWrite.All', 'Sites.Read.All'], {}, 'Sites.Read.All', 'Files.ReadWrite.All is enough'],
    [['Files.ReadWrite.All'], { readOnly: true }, 'Files.ReadWrite.All', 'Files.Read.All is enough'],
    [
      ['Files.ReadWrite.All', 'Directory.ReadWrite.All', 'Mail.Read'],
      {},
      'Directory.ReadWrite.All, Mail.Read',
      'is enough',
    ],
  ])('of %j for %o it names what is too much', async (roles, options, excess, cure) => {
    const [, warning, ...rest] = await examine(roles, options);
    expect(warning).toMatchObject({
      level: 'warning',
      saw: `more than is needed: ${excess}`,
      cure: expect.stringContaining(cure),
    });
    expect(rest).toEqual([]);
  });

  it.each([[['User.Read.All']], [[]]])('of %j it says what is missing, and where consent is given', async roles => {
    const findings = await examine(roles, { readOnly: true });
    expect(findings).toMatchObject([
      { level: 'failure', cure: expect.stringContaining('Files.Read.All (not a delegated one)'), link: LINKS.consent },
    ]);
  });

  it('a managed identity has no consent page: its role is assigned', async () => {
    const [finding] = await examine([], {
      links: { consent: undefined, credentials: undefined, authentication: undefined, permissions: undefined },
    });
    expect(finding!.cure).toContain(
      'assign the app role Files.ReadWrite.All of Microsoft Graph to the managed identity',
    );
  });
});
