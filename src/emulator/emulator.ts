import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobStore } from './blob-store.ts';
import type { World } from './exchange.ts';
import { openFront } from './front.ts';
import { type MailboxHandle, mailboxHandle } from './mailbox.ts';
import { type EmulatorOptions, settle } from './options.ts';
import { type CallRecord, type FaultScript, Responder } from './responder.ts';
import { restoreTenant, saveTenant } from './snapshot.ts';
import { StrictMode, type Violation } from './strict.ts';
import { type Application, type MailboxSpec, Tenant } from './tenant.ts';
import { createCertificateAuthority } from './tls.ts';

export type { MailboxHandle } from './mailbox.ts';
export type { EmulatorOptions } from './options.ts';
export type { CallRecord, Fault, FaultScript } from './responder.ts';
export type { Violation } from './strict.ts';
export type { MailboxSpec } from './tenant.ts';

/** Hosts of Microsoft that end here, besides the tenant's own content host. */
const MICROSOFT_HOSTS = ['login.microsoftonline.com', 'graph.microsoft.com'];
const LOOPBACK = '127.0.0.1';

/** A running Microsoft: login, Graph and content hosts of one tenant. */
export interface Emulator {
  /** The hosts as one: `https://127.0.0.1:port`. */
  readonly url: string;
  /** For `HTTPS_PROXY`: a CONNECT proxy behind which Microsoft's host names lead here. */
  readonly proxy: string;
  /** The CA to trust, as a file and as text. */
  readonly caFile: string;
  readonly caPem: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What clients did and should not do. */
  readonly violations: readonly Violation[];
  /** Every request, in order. */
  readonly calls: readonly CallRecord[];
  /** User principal names. */
  readonly mailboxes: readonly string[];
  /** True when `dataDir` held a tenant already. */
  readonly restored: boolean;
  addMailbox(spec: MailboxSpec): MailboxHandle;
  setApplication(change: Partial<Application>): void;
  /** Asked for each request; what it returns happens instead of the answer. Undefined: no faults. */
  setFault(script: FaultScript | undefined): void;
  resetCalls(): void;
  openUploadSessions(): number;
  /** Client connections that are open now. */
  openConnections(): number;
  /** Answers that are being sent now. */
  activeResponses(): number;
  /** Keeps the tenant in `dataDir`, when there is one. */
  save(): Promise<void>;
  close(): Promise<void>;
}

/** Starts an emulated Microsoft on a loopback port. */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = settle(options);
  const folder = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'onedrive-emulator-')));
  await mkdir(folder, { recursive: true });
  const tenant = new Tenant(settings.ids);
  const restored = options.dataDir !== undefined && (await restoreTenant(folder, tenant));
  const blobs = new BlobStore(join(folder, 'contents'), settings.ids);
  await blobs.open();
  const authority = await createCertificateAuthority();
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, authority.pem);
  const world: World = {
    settings,
    tenant,
    blobs,
    strict: new StrictMode(settings.strict),
    copies: new Map(),
    loopbackUrl: '',
  };
  const responder = new Responder(world);
  const isOurs = (host: string) => host === LOOPBACK || host === tenant.contentHost || MICROSOFT_HOSTS.includes(host);
  const front = await openFront({ port: settings.port, authority, isOurs, handle: responder.handle });
  world.loopbackUrl = `http://${LOOPBACK}:${front.port}`;
  const save = async () => {
    if (options.dataDir !== undefined) {
      await saveTenant(folder, tenant);
    }
  };
  return {
    url: `https://${LOOPBACK}:${front.port}`,
    proxy: world.loopbackUrl,
    caFile,
    caPem: authority.pem,
    get tenantId() {
      return tenant.id;
    },
    get clientId() {
      return tenant.application.clientId;
    },
    get clientSecret() {
      return tenant.application.clientSecret;
    },
    violations: world.strict.violations,
    calls: responder.calls,
    get mailboxes() {
      return tenant.users.map(user => user.upn);
    },
    restored,
    addMailbox: spec => mailboxHandle(world, tenant.addUser(spec, settings.clock.now())),
    setApplication: change => void Object.assign(tenant.application, change),
    setFault: script => responder.setFault(script),
    resetCalls: () => responder.calls.splice(0),
    openUploadSessions: () => tenant.users.reduce((sum, user) => sum + user.drive.sessions.size, 0),
    openConnections: () => front.connections(),
    activeResponses: () => responder.active,
    save,
    close: async () => {
      await front.close();
      await save();
      await (options.dataDir === undefined
        ? rm(folder, { recursive: true, force: true })
        : blobs.keepOnly(referencedBlobs(tenant)));
    },
  };
}

function referencedBlobs(tenant: Tenant): Set<string> {
  const items = tenant.users.flatMap(user => [...user.drive.items.values()]);
  return new Set(
    items.flatMap(item => [item.blob, ...item.versions.map(version => version.blob)]).flatMap(blob => blob?.name ?? []),
  );
}
