import { z } from 'zod';
import type { ControlTarget } from './control-target.ts';
import type { User } from './site.ts';
import type { Tenant } from './tenant.ts';
import { mailboxHandle, tenantHandle } from './tenant-handle.ts';
import {
  bandwidthSchema,
  consentSchema,
  faultRuleSchema,
  groupSchema,
  latencySchema,
  personChangeSchema,
  personSchema,
  throttlingSchema,
} from './world-schema.ts';

/** A request of the control API that cannot be carried out. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface ControlCall {
  readonly body: () => Promise<unknown>;
  /** The path after the endpoint's name, decoded. */
  readonly argument: string;
  /** Runs after the answer has been sent. */
  readonly afterwards: (work: () => void) => void;
}

type Run = (state: ControlTarget, call: ControlCall) => unknown;

interface Endpoint {
  readonly method: string;
  /** A trailing `{…}` is an argument. */
  readonly path: string;
  readonly help: string;
  readonly run: Run;
}

const faultsSchema = z.strictObject({ faults: z.array(faultRuleSchema) });
const clockSchema = z.union([
  z.strictObject({ offsetMs: z.number() }),
  z.strictObject({ advanceMs: z.number().nonnegative() }),
]);

const ENDPOINTS: readonly Endpoint[] = [
  { method: 'GET', path: 'state', help: 'tenants, people, groups, sites and settings', run: readState },
  { method: 'GET', path: 'calls', help: 'every request so far', run: ({ responder }) => responder.calls },
  {
    method: 'DELETE',
    path: 'calls',
    help: 'forget them',
    run: ({ responder }) => void responder.calls.splice(0),
  },
  { method: 'GET', path: 'violations', help: 'mistakes of clients', run: s => s.world.strict.violations },
  {
    method: 'DELETE',
    path: 'violations',
    help: 'forget them',
    run: ({ world }) => void world.strict.violations.splice(0),
  },
  { method: 'GET', path: 'faults', help: 'the current rules', run: readFaults },
  { method: 'PUT', path: 'faults', help: '{"faults": [{"fault": "throttle-429", "operation": "*"}]}', run: putFaults },
  { method: 'DELETE', path: 'faults', help: 'remove all faults', run: ({ responder }) => responder.setFaultRules([]) },
  { method: 'GET', path: 'clock', help: 'the time and its offset', run: readClock },
  { method: 'POST', path: 'clock', help: '{"offsetMs": 0} or {"advanceMs": 60000}', run: moveClock },
  { method: 'PUT', path: 'quota/{upn}', help: '{"bytes": 1000}', run: putQuota },
  { method: 'POST', path: 'people', help: '{"upn": "eve@contoso.com"}', run: addPerson },
  { method: 'PATCH', path: 'people/{upn}', help: '{"upn"?, "accountEnabled"?, "drive"?}', run: changePerson },
  { method: 'DELETE', path: 'people/{upn}', help: 'delete the user; the drive stays', run: deletePerson },
  { method: 'POST', path: 'groups', help: '{"displayName": "Team", "members": ["ada@contoso.com"]}', run: addGroup },
  { method: 'PUT', path: 'consent', help: '{"consent": "accept"}', run: putConsent },
  { method: 'PUT', path: 'throttling', help: '{"profile": "small"}, or {"off": true}', run: putThrottling },
  { method: 'PUT', path: 'latency', help: '{"default": 60, "content": 20}', run: putLatency },
  { method: 'PUT', path: 'bandwidth', help: '{"up": 1000000, "down": 5000000} bytes a second', run: putBandwidth },
  { method: 'POST', path: 'restart', help: 'drop every connection, as a crash does', run: scheduleRestart },
];

/** Lists the endpoints, each with an example, as plain text. */
export function helpText(): string {
  const lines = ENDPOINTS.map(({ method, path, help }) => `${method.padEnd(7)}/-/emulator/${path.padEnd(16)} ${help}`);
  return `${lines.join('\n')}\n`;
}

/** Finds an endpoint by method and path; throws ControlError 404 or 405. */
export function findEndpoint(method: string, path: string): { run: Run; argument: string } {
  const [name = '', ...rest] = path.split('/');
  const hasArgument = rest.length === 1 && rest[0] !== '';
  const named = ENDPOINTS.filter(endpoint => endpoint.path.split('/')[0] === name);
  const candidates = named.filter(
    endpoint => (rest.length === 0 || hasArgument) && endpoint.path.includes('/') === hasArgument,
  );
  const found = candidates.find(endpoint => endpoint.method === method);
  if (found === undefined) {
    throw candidates.length === 0
      ? new ControlError(404, 'There is no such endpoint; GET /-/emulator/ lists them.')
      : new ControlError(405, `This endpoint allows ${candidates.map(endpoint => endpoint.method).join(', ')}.`);
  }
  try {
    return { run: found.run, argument: decodeURIComponent(rest[0] ?? '') };
  } catch {
    throw new ControlError(400, 'The path is not properly encoded.');
  }
}

async function parse<Schema extends z.ZodType>(schema: Schema, { body }: ControlCall): Promise<z.output<Schema>> {
  const result = schema.safeParse(await body());
  if (!result.success) {
    throw new ControlError(400, z.prettifyError(result.error));
  }
  return result.data;
}

function readState({ world, responder, bandwidth }: ControlTarget): unknown {
  const { tenants, consents } = world;
  return {
    tenants: tenants.all.map(tenant => {
      const { clientId, clientSecret, roles } = tenant.application;
      const { tenantId, name, groups, sites } = tenantHandle(world, tenant);
      const people = tenant.users.map(({ id, upn, accountEnabled, site }) => ({
        ...{ id, upn, accountEnabled, drive: site.condition, driveId: site.libraries[0]?.drive.id },
      }));
      return { tenantId, name, clientId, clientSecret, roles, people, groups, sites };
    }),
    consent: consents.mode,
    latency: responder.latency,
    bandwidth: bandwidth.current,
    throttling: responder.throttling ?? null,
    faults: responder.faultRules,
    now: new Date(world.settings.clock.now()).toISOString(),
  };
}

function readFaults({ responder }: ControlTarget): unknown {
  return { faults: responder.faultRules };
}

async function putFaults({ responder }: ControlTarget, call: ControlCall): Promise<void> {
  responder.setFaultRules((await parse(faultsSchema, call)).faults);
}

function readClock({ world, clock }: ControlTarget): unknown {
  return { now: new Date(world.settings.clock.now()).toISOString(), offsetMs: clock?.offset ?? null };
}

async function moveClock(state: ControlTarget, call: ControlCall): Promise<unknown> {
  const change = await parse(clockSchema, call);
  const { clock } = state;
  if (clock === undefined) {
    throw new ControlError(409, 'The clock belongs to the program that started the emulator.');
  }
  clock.offset = 'offsetMs' in change ? change.offsetMs : clock.offset + change.advanceMs;
  return readClock(state);
}

async function putQuota(state: ControlTarget, call: ControlCall): Promise<void> {
  const { bytes } = await parse(z.strictObject({ bytes: z.number().int().nonnegative() }), call);
  person(state, call.argument).handle.setQuota(bytes);
}

async function addPerson({ world }: ControlTarget, call: ControlCall): Promise<unknown> {
  const spec = await parse(personSchema, call);
  const tenant = world.tenants.first;
  if (tenant.findUser(spec.upn) !== undefined) {
    throw new ControlError(409, `${spec.upn} already exists.`);
  }
  const { upn, userId, driveId } = tenantHandle(world, tenant).addMailbox(spec);
  return { upn, userId, driveId };
}

async function changePerson(state: ControlTarget, call: ControlCall): Promise<void> {
  const change = await parse(personChangeSchema, call);
  const { handle } = person(state, call.argument);
  if (change.upn !== undefined) {
    handle.rename(change.upn);
  }
  if (change.accountEnabled !== undefined) {
    handle.setAccountEnabled(change.accountEnabled);
  }
  if (change.drive !== undefined) {
    handle.setDrive(change.drive);
  }
}

function deletePerson(state: ControlTarget, { argument }: ControlCall): void {
  person(state, argument).handle.deleteUser();
}

async function addGroup(state: ControlTarget, call: ControlCall): Promise<unknown> {
  const { members = [], displayName, groupId } = await parse(groupSchema, call);
  const handles = members.map(upn => person(state, upn).handle);
  const spec = { displayName, members: handles, ...(groupId === undefined ? {} : { groupId }) };
  return { groupId: tenantHandle(state.world, state.world.tenants.first).addGroup(spec).groupId };
}

async function putConsent({ world }: ControlTarget, call: ControlCall): Promise<void> {
  world.consents.mode = (await parse(z.strictObject({ consent: consentSchema }), call)).consent;
}

async function putThrottling({ responder }: ControlTarget, call: ControlCall): Promise<void> {
  const given = await parse(z.union([z.strictObject({ off: z.literal(true) }), throttlingSchema]), call);
  responder.setThrottling('off' in given ? undefined : given);
}

async function putLatency({ responder }: ControlTarget, call: ControlCall): Promise<void> {
  responder.latency = await parse(latencySchema, call);
}

async function putBandwidth({ bandwidth }: ControlTarget, call: ControlCall): Promise<void> {
  bandwidth.current = await parse(bandwidthSchema, call);
}

/** Answers first: its own connection is among those that are dropped. */
function scheduleRestart({ restart }: ControlTarget, { afterwards }: ControlCall): unknown {
  afterwards(() => void restart());
  return { restarting: true };
}

function person(
  { world }: ControlTarget,
  upn: string,
): { tenant: Tenant; user: User; handle: ReturnType<typeof mailboxHandle> } {
  for (const tenant of world.tenants.all) {
    const user = tenant.findUser(upn);
    if (user !== undefined) {
      return { tenant, user, handle: mailboxHandle(world, tenant, user) };
    }
  }
  throw new ControlError(404, `There is no user ${upn}.`);
}
