import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAuditTrail } from '../../src/app/audit-trail.ts';
import { createLog } from '../../src/lib/log.ts';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitingClock } from '../support/waiting-clock.ts';

const SENT = [
  ['MKCOL /m/d', {}],
  ['PUT /m/d/a', {}],
  ['PUT /m/d/a', {}],
  ['GET /m/d/a', {}],
  ['COPY /m/d/a', { Destination: 'http://localhost/m/d/b?' }],
  ['MOVE /m/d/a', { Destination: 'http://localhost/m/d/c' }],
  ['DELETE /m/d/c', {}],
  ['DELETE /m', {}],
  ['PROPFIND /m/d', { Depth: '0' }],
] as const;
const EVENTS = [
  'folder-created',
  'file-created',
  'file-replaced',
  'change-failed',
  'moved',
  'deleted',
  'access-denied',
];

const parse = (lines: string) =>
  lines
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);

function trailTo(file: string | null) {
  const logged: string[] = [];
  let failures = 0;
  const log = createLog({ level: 'info', destination: { write: line => void logged.push(line) } });
  const onFailure = () => {
    failures += 1;
  };
  const clock = fakeClock();
  const trail = openAuditTrail({ audit: { file } }, { log, clock, onFailure });
  return { trail, logged, clock, failures: () => failures };
}

it('a file of its own has one line for each change and denied attempt, and none for a look', async () => {
  await using folder = await makeTempDir();
  const file = join(folder.path, 'audit.log');
  const { trail } = trailTo(file);
  const door = await startFrontDoor({ pipeline: { auditChange: trail.change } });
  for (const [line, headers] of SENT) {
    await rawRequest(
      door.url,
      compose(
        line,
        { Connection: 'close', ...headers, ...basic(door.user, door.password) },
        'abc'.slice(0, line.startsWith('PUT') ? 3 : 0),
      ),
    );
  }
  await door.stop();
  await trail.stop();
  const lines = parse(await readFile(file, 'utf8'));
  expect(lines.map(({ audit }) => audit)).toEqual(EVENTS);
  expect(lines[4]).toMatchObject({
    ...{ user: 'user', address: '127.0.0.1', mount: 'm', method: 'MOVE', path: '/m/d/a', destination: '/m/d/c' },
    ...{ status: 201, id: expect.any(String) },
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  // The access log has the same words on its own lines.
  const inLog = parse(door.logged.join('')).filter(({ msg }) => msg === 'request');
  expect(inLog.flatMap(({ audit }) => (audit === undefined ? [] : [audit]))).toEqual(EVENTS);
});

it('a file that was renamed is made anew', async () => {
  await using folder = await makeTempDir();
  const file = join(folder.path, 'audit.log');
  const { trail } = trailTo(file);
  trail.record({ event: 'signed-in', user: 'ada', address: '192.0.2.1' });
  await trail.stop();
  await rename(file, `${file}.1`);
  trail.record({ event: 'signed-out', user: 'ada', address: '192.0.2.1' });
  await trail.stop();
  expect(parse(await readFile(file, 'utf8')).map(({ audit }) => audit)).toEqual(['signed-out']);
});

it('a file that cannot be written is an error in the log, and fails nothing', async () => {
  await using folder = await makeTempDir();
  const file = join(folder.path, 'audit.log');
  await mkdir(file);
  const { trail, logged, failures } = trailTo(file);
  trail.record({ event: 'signed-in', user: 'ada', address: '192.0.2.1' });
  await trail.stop();
  expect(parse(logged.join(''))).toMatchObject([
    { level: 'error', msg: 'the audit trail could not be written', lost: 1 },
  ]);
  expect(failures()).toBe(1);
});

it('counts the refusals of one address beyond twenty in a minute, and leaves out nobody else', () => {
  const { trail, logged, clock } = trailTo(null);
  const refuse = (address: string) => trail.record({ event: 'credentials-refused', user: 'x', address });
  for (let count = 0; count < 1_000; count += 1) {
    refuse('192.0.2.1');
  }
  refuse('192.0.2.2');
  expect(logged).toHaveLength(21);
  clock.advance(60_000);
  refuse('192.0.2.1');
  const [, , leftOut, next] = parse(logged.slice(-4).join(''));
  expect(leftOut).toMatchObject({ audit: 'refusals-left-out', address: '192.0.2.1', leftOut: 980 });
  expect(next).toMatchObject({ audit: 'credentials-refused', address: '192.0.2.1' });
});

it('says at the end of the minute, and at the end of the server, how many it has left out', async () => {
  const logged: string[] = [];
  const log = createLog({ level: 'info', destination: { write: line => void logged.push(line) } });
  const clock = waitingClock();
  const trail = openAuditTrail({ audit: { file: null } }, { log, clock });
  const leftOut = () => parse(logged.join('')).filter(({ audit }) => audit === 'refusals-left-out');
  const flood = (address: string) => {
    for (let count = 0; count < 25; count += 1) {
      trail.record({ event: 'credentials-refused', user: 'x', address });
    }
  };
  flood('192.0.2.1');
  expect(leftOut()).toEqual([]);
  void clock.pass(60_000);
  await eventually(() => expect(leftOut()).toMatchObject([{ address: '192.0.2.1', leftOut: 5 }]));
  flood('192.0.2.2');
  await trail.stop();
  expect(leftOut()).toMatchObject([{}, { address: '192.0.2.2', leftOut: 5 }]);
});
