import type { Command } from 'commander';
import { type Config, loadConfig } from '../config/load.ts';
import { systemClock } from '../lib/clock.ts';
import { createAdmission } from '../people/admission.ts';
import type { PeopleList } from '../state/beside.ts';
import type { DevicePassword } from '../state/device-password-store.ts';
import type { KnownPerson } from '../state/people-store.ts';
import { describePassword, describePerson, type ListedPerson, passwordToJson, personToJson } from './people-formats.ts';
import { print } from './print.ts';
import { byServerOr } from './running-server.ts';
import { findServerAndState, type ServerAndState, stateBeside } from './state-beside.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export function peopleCommand(command: Command): Command {
  const add = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .option('--config <file>', 'the configuration file', 'config.yaml')
      .option('--json', 'print JSON')
      .exitOverride();
  const person = 'address, short name or object id';
  add('list', 'list who may sign in, as the server saw the directory last').action(list);
  add('passwords', 'list the device passwords of one person or of everybody')
    .argument('[person]', person)
    .action(listPasswords);
  add(
    'revoke',
    'revoke one device password, or all of a person and their sessions in browsers; the next request is refused',
  )
    .argument('<password|person>', `the id of a password, or ${person}`)
    .action(revoke);
  add('sign-out', 'end all sessions of a person on the account page; device passwords stay')
    .argument('<person>', person)
    .action(signOut);
  return command;
}

async function list({ config: file, json }: Options): Promise<void> {
  const config = await loadConfig(file, process.env);
  const now = systemClock.now();
  const state = await stateBeside(config).people(now);
  const all = everybody(state, config, now).filter(each => each.isAdmitted || each.passwords + each.sessions > 0);
  const text = all.length === 0 ? 'nobody of a directory may sign in' : all.map(describePerson).join('\n');
  await print(json ? JSON.stringify(all.map(personToJson), null, 2) : text);
}

async function listPasswords(which: string | undefined, { config: file, json }: Options): Promise<void> {
  const { state: beside } = await findServerAndState(file);
  const now = systemClock.now();
  const state = await beside.people(now);
  const userId = which === undefined ? undefined : findPerson(which, state);
  const found = state.passwords.filter(password => userId === undefined || password.userId === userId);
  await printPasswords(found, { json, now, state, none: 'there are no device passwords' });
}

async function revoke(which: string, { config: file, json }: Options): Promise<void> {
  const server = await findServerAndState(file);
  const now = systemClock.now();
  const state = await server.state.people(now);
  const byId = state.passwords.filter(({ id }) => id === which);
  const userId = byId.length > 0 ? undefined : findPerson(which, state);
  const chosen = byId.length > 0 ? byId : state.passwords.filter(password => password.userId === userId);
  const ids = chosen.map(({ id }) => id);
  await byServerOr<unknown>(
    () => server.client.revokePasswords(ids),
    () => server.state.revokePasswords(ids),
  );
  const ended = userId === undefined ? 0 : await endSessionsOf(userId, state, server);
  await printPasswords(chosen, { json, now, state, none: 'there was no device password to revoke', did: 'revoked: ' });
  if (ended > 0 && !json) {
    await print(`ended sessions: ${ended}`);
  }
}

async function signOut(which: string, { config: file, json }: Options): Promise<void> {
  const server = await findServerAndState(file);
  const state = await server.state.people(systemClock.now());
  const userId = findPerson(which, state);
  const ended = await endSessionsOf(userId, state, server);
  const kept = (await server.state.people(systemClock.now())).passwords.filter(
    password => password.userId === userId,
  ).length;
  const rest = kept === 0 ? '' : `; ${kept} device passwords stay ("people revoke" ends them)`;
  await print(json ? JSON.stringify({ userId, ended, devicePasswords: kept }) : `ended sessions: ${ended}${rest}`);
}

function endSessionsOf(userId: string, { people, passwords }: PeopleList, server: ServerAndState): Promise<number> {
  const known = [...people, ...passwords].find(each => each.userId === userId);
  return byServerOr(
    () => server.client.signOut({ userId, name: known?.principal ?? userId }),
    () => server.state.endSessions(userId),
  );
}

interface Printing {
  readonly json: boolean | undefined;
  readonly now: number;
  readonly state: PeopleList;
  readonly none: string;
  readonly did?: string;
}

async function printPasswords(
  passwords: readonly DevicePassword[],
  { json, now, state, none, did = '' }: Printing,
): Promise<void> {
  if (json) {
    await print(
      JSON.stringify(
        passwords.map(password => passwordToJson(password, ownerOf(password, state))),
        null,
        2,
      ),
    );
    return;
  }
  const lines = passwords.map(password => `${did}${describePassword(password, ownerOf(password, state), now)}`);
  await print(lines.length === 0 ? none : lines.join('\n'));
}

/** The owner's address of today; of somebody who has left, the one when the password was made. */
function ownerOf({ userId, principal }: DevicePassword, { people }: PeopleList): string {
  return people.find(person => person.userId === userId)?.principal ?? principal;
}

/** The people of the directories, and those who have left and can still be seen in the state. */
function everybody(state: PeopleList, config: Config, now: number): ListedPerson[] {
  const known = new Set(state.people.map(({ userId }) => userId));
  const gone = new Map(
    state.passwords.filter(({ userId }) => !known.has(userId)).map(({ userId, principal }) => [userId, principal]),
  );
  const numbersOf = (userId: string) => {
    const own = state.passwords.filter(password => password.userId === userId);
    const isUnexpired = ({ expires }: DevicePassword) => expires === undefined || expires > now;
    const uses = own.flatMap(({ lastUse }) => lastUse?.at ?? []);
    return {
      passwords: own.filter(isUnexpired).length,
      sessions: state.sessions.get(userId) ?? 0,
      lastUse: uses.length === 0 ? undefined : Math.max(...uses),
    };
  };
  const admits = admissionOf(config);
  return [
    ...state.people.map(person => ({ ...person, isAdmitted: admits(person), ...numbersOf(person.userId) })),
    ...[...gone].map(([userId, principal]) => ({ userId, principal, isAdmitted: false, ...numbersOf(userId) })),
  ];
}

/** Returns a function that tells whether the rules of the configuration let a person in. */
function admissionOf({ tenants, people }: Config): (person: KnownPerson) => boolean {
  const admissions = tenants.map(({ name, tenantId }) => ({
    // Of a tenant that is there twice, the second one's people are kept with its name.
    ids: [tenantId.toLowerCase(), `${tenantId.toLowerCase()} ${name}`],
    admit: createAdmission(people.filter(rule => rule.tenant === name)),
  }));
  return person => admissions.some(({ ids, admit }) => ids.includes(person.tenantId) && admit(person) !== undefined);
}

/** Returns the object id of the one person with this name. Throws when there is none, or more than one. */
function findPerson(which: string, { people, passwords, sessions }: PeopleList): string {
  const wanted = which.toLowerCase();
  const named = [
    ...people.map(({ userId, principal, mail }) => ({ userId, names: [userId, principal, mail] })),
    ...passwords.map(({ userId, principal }) => ({ userId, names: [userId, principal] })),
    ...[...sessions.keys()].map(userId => ({ userId, names: [userId] })),
  ];
  const full = matching(names => names.includes(wanted));
  const found = full.length > 0 ? full : matching(names => names.some(name => name.split('@', 1)[0] === wanted));
  if (found.length === 1) {
    return found[0]!;
  }
  throw new Error(
    found.length === 0
      ? `there is no person "${which}"; "people list" shows all`
      : `"${which}" is the name of several people; give an object id: ${found.toSorted().join(', ')}`,
  );

  function matching(test: (names: string[]) => boolean): string[] {
    const lower = (names: (string | undefined)[]) => names.flatMap(name => name?.toLowerCase() ?? []);
    return [...new Set(named.filter(({ names }) => test(lower(names))).map(({ userId }) => userId))];
  }
}
