import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bandwidth, BandwidthSetting } from './bandwidth.ts';
import { BlobStore } from './blob-store.ts';
import { offsetClock } from './clock.ts';
import { type Consent, Consents } from './consent.ts';
import { CONTROL_PREFIX, Control } from './control.ts';
import { DirectoryStore } from './directory-store.ts';
import type { World } from './exchange.ts';
import type { FaultRule } from './fault-rules.ts';
import type { CallRecord, FaultScript } from './faults.ts';
import { type Front, openFront } from './front.ts';
import type { TenantHandle } from './handles.ts';
import type { Latency } from './latency.ts';
import { OfficeRewriter } from './office-rewriter.ts';
import { type EmulatorOptions, settle } from './options.ts';
import { Responder } from './responder.ts';
import { type SignIn, SignIns } from './sign-in.ts';
import { type OldKey, SigningKeys } from './signing-keys.ts';
import { Database } from './store/database.ts';
import { StrayErrors } from './stray-errors.ts';
import { StrictMode, type Violation } from './strict.ts';
import { Subscriptions } from './subscriptions.ts';
import { Tenant, type TenantSpec } from './tenant.ts';
import { tenantHandle } from './tenant-handle.ts';
import { Tenants } from './tenants.ts';
import type { Throttling } from './throttling.ts';
import { sharedCertificateAuthority } from './tls.ts';

export type { CloudName } from './clouds.ts';
export type { Consent } from './consent.ts';
export type { FaultRule } from './fault-rules.ts';
export type { CallRecord, Fault, FaultScript } from './faults.ts';
export type {
  ApplicationHandle,
  DriveHandle,
  GroupHandle,
  MailboxHandle,
  SiteHandle,
  TenantHandle,
} from './handles.ts';
export type { EmulatorOptions } from './options.ts';
export type { SignIn } from './sign-in.ts';
export type { Violation } from './strict.ts';
export type { MailboxSpec, SiteSpec } from './tenant.ts';

const LOOPBACK = '127.0.0.1';

/**
 * A running Microsoft: login, Graph and content hosts. It is also a handle of its first tenant, `contoso`, which is
 * enough for most tests.
 */
export interface Emulator extends TenantHandle {
  /** All hosts in one: `https://127.0.0.1:port`. */
  readonly url: string;
  /** For `HTTPS_PROXY`: a CONNECT proxy behind which Microsoft's host names lead here. */
  readonly proxy: string;
  /** The CA to trust, as a file and as text. */
  readonly caFile: string;
  readonly caPem: string;
  /** Violations by clients. */
  readonly violations: readonly Violation[];
  /** Every request, in order. */
  readonly calls: readonly CallRecord[];
  /** True when `dataDir` already held a tenant. */
  readonly restored: boolean;
  /** Adds a tenant, in the same cloud or another, with its own application. */
  addTenant(spec: TenantSpec): TenantHandle;
  /** Sets the behaviour of the admin-consent endpoint. */
  setConsent(consent: Consent): void;
  /** Sets who signs in: the person chosen on the page, or a given person without a browser. */
  setSignIn(signIn: SignIn): void;
  /**
   * Replaces the signing key for tokens. The old one stays published for a day, unless it is `withdrawn`: then its
   * tokens become invalid.
   */
  rollSigningKey(old?: OldKey): Promise<void>;
  /** Called for each request; its result replaces the answer. Undefined: no faults. */
  setFault(script: FaultScript | undefined): void;
  /** Sets faults by rules, which replace a script. An empty list: no faults. */
  setFaults(rules: readonly FaultRule[]): void;
  setLatency(latency: Latency): void;
  /** Sets the bandwidth of new connections, and of connections that are already limited. */
  setBandwidth(bandwidth: Bandwidth): void;
  /** Sets the throttling and resets its counts. Undefined: none. */
  setThrottling(throttling: Throttling | undefined): void;
  /** Simulates a crash: drops every connection and all state in memory. */
  restart(): Promise<void>;
  /** URL of the control API for other processes: `http://127.0.0.1:port/-/emulator/`. */
  readonly control: string;
  resetCalls(): void;
  /** Upload sessions that have not expired. */
  openUploadSessions(): number;
  /** Open client connections. */
  openConnections(): number;
  /** Answers being sent. */
  activeResponses(): number;
  /** Saves the tenant in `dataDir`, if there is one. */
  save(): Promise<void>;
  close(): Promise<void>;
}

/** Starts an emulated Microsoft on a loopback port. */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const ownClock = options.clock === undefined ? offsetClock() : undefined;
  const settings = settle({ ...options, clock: options.clock ?? ownClock! });
  const folder = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'onedrive-emulator-')));
  await mkdir(folder, { recursive: true });
  const isKept = options.dataDir !== undefined;
  const db = new Database(join(folder, 'tenant.sqlite'), { isKept });
  const tenants = new Tenants(signingKey(db));
  const directory = new DirectoryStore(db, tenants);
  const restored = directory.restore(settings.ids);
  if (!restored) {
    const now = settings.clock.now();
    tenants.all.push(new Tenant(settings.tenant, { db, ids: settings.ids, now }));
    directory.changed();
  }
  const blobs = new BlobStore(join(folder, 'contents'), db, settings.ids);
  await blobs.open();
  const authority = await sharedCertificateAuthority();
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, authority.pem);
  const world: World = {
    settings,
    db,
    tenants,
    directory,
    blobs,
    office: new OfficeRewriter(settings, blobs),
    strays: new StrayErrors(settings.strayNotFound),
    strict: new StrictMode(settings.strict),
    copies: new Map(),
    subscriptions: new Subscriptions({ db, settings, findLibrary: id => tenants.findLibrary(id) }),
    consents: new Consents(settings.consent),
    keys: await SigningKeys.open(options.dataDir),
    signIns: new SignIns(settings.signIn),
    loopbackUrl: '',
    answer: () => Promise.reject(new Error('The emulator has not started.')),
  };
  const responder = new Responder(world, settings);
  const bandwidth: BandwidthSetting = { current: settings.bandwidth };
  const isOurs = (host: string) => host === LOOPBACK || tenants.ownsHost(host);
  // The control API needs the port's front, which needs the handler.
  let control: Control | undefined;
  const front = await openFront({
    port: settings.port,
    authority,
    isOurs,
    handle: (request, response) => {
      if (!control?.takes(request, response)) {
        responder.handle(request, response);
      }
    },
    bandwidth,
    timers: settings.timers,
  });
  world.loopbackUrl = `http://${LOOPBACK}:${front.port}`;
  const restart = async () => {
    front.dropConnections();
    reopenWorld(world);
  };
  control = new Control({ world, responder, bandwidth, clock: ownClock, restart });
  return emulatorHandle({
    ...{ world, responder, front, folder, isKept, restored, caFile, bandwidth, restart },
    caPem: authority.pem,
  });
}

/** Forgets the state that a process loses when it dies: running copies and open consent requests. */
function reopenWorld({ copies, consents }: World): void {
  copies.clear();
  consents.forget();
}

interface Parts {
  readonly world: World;
  readonly responder: Responder;
  readonly front: Front;
  readonly folder: string;
  /** Whether the folder outlives the emulator. */
  readonly isKept: boolean;
  readonly restored: boolean;
  readonly caFile: string;
  readonly caPem: string;
  readonly bandwidth: BandwidthSetting;
  readonly restart: () => Promise<void>;
}

function emulatorHandle(parts: Parts): Emulator {
  const { world, responder, front, folder, isKept, restored, caFile, caPem, bandwidth, restart } = parts;
  const { db, tenants, directory, settings, strict, consents, blobs } = world;
  const own = {
    url: `https://${LOOPBACK}:${front.port}`,
    proxy: world.loopbackUrl,
    caFile,
    caPem,
    violations: strict.violations,
    calls: responder.calls,
    restored,
    addTenant: (spec: TenantSpec) => {
      const tenant = new Tenant(spec, { db, ids: settings.ids, now: settings.clock.now() });
      tenants.all.push(tenant);
      directory.changed();
      return tenantHandle(world, tenant);
    },
    setConsent: (consent: Consent) => {
      consents.mode = consent;
    },
    setSignIn: (signIn: SignIn) => {
      world.signIns.mode = signIn;
    },
    rollSigningKey: (old: OldKey = 'published') => world.keys.roll(settings.clock.now(), old),
    setFault: (script: FaultScript | undefined) => responder.setFault(script),
    setFaults: (rules: readonly FaultRule[]) => responder.setFaultRules(rules),
    setLatency: (latency: Latency) => {
      responder.latency = latency;
    },
    setBandwidth: (given: Bandwidth) => {
      bandwidth.current = given;
    },
    setThrottling: (throttling: Throttling | undefined) => responder.setThrottling(throttling),
    restart,
    control: `${world.loopbackUrl}${CONTROL_PREFIX}`,
    resetCalls: () => void responder.calls.splice(0),
    openUploadSessions: () =>
      tenants.libraries().reduce((sum, { sessions }) => sum + sessions.countOpen(settings.clock.now()), 0),
    openConnections: () => front.connections(),
    activeResponses: () => responder.active,
    save: async () => directory.flush(),
    close: async () => {
      await front.close();
      world.subscriptions.close();
      await Promise.all([...world.copies.values()].map(copy => copy.settled()));
      await world.office.close();
      directory.flush();
      if (isKept) {
        await blobs.dropUnused();
      }
      db.close();
      if (!isKept) {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
  // Not by spreading: some of a tenant's members are getters.
  return Object.assign(tenantHandle(world, tenants.first), own);
}

/** Returns the key of tokens and pre-authenticated URLs; issued URLs keep working after a restart. */
function signingKey(db: Database): Uint8Array {
  const kept = db.getMeta('key') ?? randomBytes(32);
  db.setMeta('key', kept);
  return kept;
}
