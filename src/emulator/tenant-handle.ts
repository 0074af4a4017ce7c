import { type Application, type AppRoleAssignment, DEFAULT_ACCESS, newApplication } from './application.ts';
import { driveHandle } from './drive-handle.ts';
import type { World } from './exchange.ts';
import type { Group } from './group.ts';
import type {
  ApplicationHandle,
  AssignOptions,
  GroupHandle,
  GroupMember,
  GroupSpec,
  MailboxHandle,
  SecurityChange,
  SiteHandle,
  TenantHandle,
} from './handles.ts';
import {
  type DriveCondition,
  type GrantRole,
  graphSiteId,
  isPersonal,
  oneDriveOf,
  type Site,
  siteUrl,
  type User,
} from './site.ts';
import type { Tenant } from './tenant.ts';

export function tenantHandle(world: World, tenant: Tenant): TenantHandle {
  const { ids, clock } = world.settings;
  const { cloud } = tenant;
  return keeping(world, {
    name: tenant.name,
    cloud: cloud.name,
    get tenantId() {
      return tenant.id;
    },
    domain: tenant.domain,
    hosts: {
      login: cloud.loginHosts[0]!,
      graph: cloud.graphHost,
      sharepoint: tenant.sharePointHost,
      personal: tenant.personalHost,
    },
    get clientId() {
      return tenant.application.clientId;
    },
    get clientSecret() {
      return tenant.application.clientSecret;
    },
    get mailboxes() {
      return tenant.users.map(user => user.upn);
    },
    get groups() {
      return tenant.groups.map(({ id, displayName }) => ({ groupId: id, displayName }));
    },
    get sites() {
      return tenant.sites.filter(site => !isPersonal(site)).map(siteUrl);
    },
    mailbox: upn => {
      const user = tenant.findUser(upn);
      if (user === undefined) {
        throw new Error(`${tenant.name} has no user ${upn}`);
      }
      return mailboxHandle(world, tenant, user);
    },
    addMailbox: spec => mailboxHandle(world, tenant, tenant.addUser(spec, clock.now())),
    setApplication: change => void Object.assign(tenant.application, change),
    addApplication: spec => {
      const application = newApplication(ids, clock.now(), { roles: [], consentedScopes: [], ...spec });
      tenant.applications.push(application);
      return applicationHandle(world, application);
    },
    addGroup: spec => addGroup(world, tenant, spec),
    addSite: spec => siteHandle(world, tenant, tenant.addSite(spec, clock.now())),
    assign: (principal, options = {}) => {
      const application = applicationOf(tenant, options);
      const created: AppRoleAssignment = {
        ...{ id: ids(), principalId: memberOf(tenant, principal).id, created: clock.now() },
        appRoleId: appRoleId(application, options.role),
      };
      application.appRoleAssignments = [...application.appRoleAssignments, created];
    },
    unassign: (principal, options = {}) => {
      const application = applicationOf(tenant, options);
      const { id } = memberOf(tenant, principal);
      application.appRoleAssignments = application.appRoleAssignments.filter(each => each.principalId !== id);
    },
  });
}

function applicationOf(tenant: Tenant, { clientId = tenant.application.clientId }: AssignOptions): Application {
  const application = tenant.findApplication(clientId);
  if (application === undefined) {
    throw new Error(`${tenant.name} has no application ${clientId}`);
  }
  return application;
}

function appRoleId({ appRoles, displayName }: Application, value: string | undefined): string {
  const role = appRoles.find(each => each.value === value);
  if (value !== undefined && role === undefined) {
    throw new Error(`${displayName} has no role ${value}`);
  }
  return role?.id ?? DEFAULT_ACCESS;
}

function applicationHandle(world: World, application: Application): ApplicationHandle {
  return keeping(world, {
    get clientId() {
      return application.clientId;
    },
    get clientSecret() {
      return application.clientSecret;
    },
    get roles() {
      return application.roles;
    },
    set: change => void Object.assign(application, change),
  });
}

/** Returns the handle for an operator's actions on one person. */
export function mailboxHandle(world: World, tenant: Tenant, user: User): MailboxHandle {
  const { site } = user;
  const own = keeping(world, {
    upn: user.upn,
    userId: user.id,
    rename: (upn: string) => {
      user.upn = upn;
    },
    deleteUser: ({ drive }: { drive: 'kept' | 'gone' } = { drive: 'kept' }) => {
      tenant.remove(user);
      if (drive === 'gone') {
        tenant.removeSite(site);
      }
    },
    setDrive: (condition: DriveCondition) => {
      site.condition = condition;
    },
    setAccountEnabled: (enabled: boolean) => {
      user.accountEnabled = enabled;
    },
    setSecurity: (change: SecurityChange) => void Object.assign(user, change),
    revokeSessions: () => {
      // Sessions of this very millisecond are revoked too.
      user.sessionsValidFrom = world.settings.clock.now() + 1;
    },
    grant: (role: GrantRole, clientId = tenant.application.clientId) => void site.grants.set(clientId, role),
  });
  // Changes of the drive do not change the directory, which is written as a whole.
  return { ...driveHandle(world, oneDriveOf(user)), ...own };
}

export function addGroup(world: World, tenant: Tenant, spec: GroupSpec): GroupHandle {
  const { displayName, groupId = world.settings.ids(), members = [] } = spec;
  const group: Group = { id: groupId, displayName, created: world.settings.clock.now(), members: new Set() };
  tenant.groups.push(group);
  const handle: GroupHandle = keeping(world, {
    groupId,
    add: (...added) => {
      for (const member of added) {
        group.members.add(memberOf(tenant, member));
      }
    },
    remove: (...removed) => {
      for (const member of removed) {
        group.members.delete(memberOf(tenant, member));
      }
    },
    delete: () => tenant.removeGroup(group),
  });
  handle.add(...members);
  return handle;
}

function memberOf(tenant: Tenant, handle: GroupMember): User | Group {
  const found =
    'groupId' in handle ? tenant.groups.find(({ id }) => id === handle.groupId) : tenant.findUser(handle.userId);
  if (found === undefined) {
    throw new Error(`${tenant.name} has no such user or group; does it belong to another tenant, or was it deleted?`);
  }
  return found;
}

function siteHandle(world: World, tenant: Tenant, site: Site): SiteHandle {
  return keeping(world, {
    siteId: graphSiteId(site),
    url: siteUrl(site),
    library: name => {
      const library = site.libraries.find(each => each.name === name);
      if (library === undefined) {
        throw new Error(`${siteUrl(site)} has no library ${name}`);
      }
      return driveHandle(world, library);
    },
    setLocked: locked => {
      site.condition = locked ? 'locked' : 'ready';
    },
    grant: (role, clientId = tenant.application.clientId) => void site.grants.set(clientId, role),
    delete: () => tenant.removeSite(site),
  });
}

/** Wraps the handle so that each call saves the changes of the directory. */
function keeping<T extends object>({ directory }: World, handle: T): T {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(handle))) {
    if (typeof value === 'function') {
      const kept = (...args: unknown[]) => {
        directory.changed();
        return value(...args);
      };
      Object.defineProperty(handle, name, { value: kept, enumerable: true, configurable: true });
    }
  }
  return handle;
}
