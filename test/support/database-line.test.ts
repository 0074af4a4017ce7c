import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DatabaseLine, openDatabaseLine } from './database-line.ts';
import { eventually } from './eventually.ts';

let line: DatabaseLine;
let heard: string;
const database = createServer();

beforeEach(async () => {
  heard = '';
  database.removeAllListeners('connection').on('connection', socket => {
    socket
      .on('error', () => {})
      .on('data', bytes => {
        heard += bytes;
        socket.write(`answer to ${bytes}`);
      });
  });
  database.listen(0, '127.0.0.1');
  await once(database, 'listening');
  line = await openDatabaseLine({ port: (database.address() as AddressInfo).port });
});
afterEach(async () => {
  await line[Symbol.asyncDispose]();
  database.close();
  await once(database, 'close');
});

interface Caller {
  readonly socket: Socket;
  readonly isGone: boolean;
  readonly heard: string;
}

function call(): Caller {
  const socket = connect(line.port, '127.0.0.1');
  const caller = { socket, isGone: false, heard: '' };
  socket
    .on('error', () => {})
    .on('close', () => {
      caller.isGone = true;
    });
  socket.on('data', bytes => {
    caller.heard += bytes;
  });
  return caller;
}

it('leads to the database', async () => {
  const caller = call();
  caller.socket.write('x');
  await eventually(() => expect(caller.heard).toBe('answer to x'));
  caller.socket.end();
  await eventually(() => expect(caller.isGone).toBe(true));
});

it('is cut: connections end, and new ones as well, until it is mended', async () => {
  const caller = call();
  caller.socket.write('x');
  await eventually(() => expect(caller.heard).toBe('answer to x'));
  line.cut();
  await eventually(() => expect(caller.isGone).toBe(true));
  const next = call();
  await eventually(() => expect(next.isGone).toBe(true));
  line.mend();
  const last = call();
  last.socket.write('y');
  await eventually(() => expect(last.heard).toBe('answer to y'));
});

it('is held: nothing comes through, and nothing is lost', async () => {
  const caller = call();
  caller.socket.write('1');
  await eventually(() => expect(caller.heard).toBe('answer to 1'));
  line.hold();
  const late = call();
  late.socket.write('2');
  caller.socket.write('3');
  // Another connection, by which what could have come would have come before.
  const beside = connect((database.address() as AddressInfo).port, '127.0.0.1');
  beside.write('4');
  await once(beside, 'data');
  beside.destroy();
  expect(heard).toBe('14');
  expect([caller.isGone, late.isGone]).toEqual([false, false]);
  line.mend();
  await eventually(() => expect([late.heard, caller.heard]).toEqual(['answer to 2', 'answer to 1answer to 3']));
});

it('holds the answer to one query, which the database has got', async () => {
  const caller = call();
  const held = line.holdAnswerTo('INSERT');
  caller.socket.write('SELECT');
  await eventually(() => expect(caller.heard).toBe('answer to SELECT'));
  caller.socket.write('an INSERT');
  await held;
  await eventually(() => expect(heard).toBe('SELECTan INSERT'));
  expect(caller.heard).toBe('answer to SELECT');
  line.mend();
  await eventually(() => expect(caller.heard).toBe('answer to SELECTanswer to an INSERT'));
});

it('holds the answer to a query that comes after another on its connection', async () => {
  const [one, other] = [call(), call()];
  const held = line.holdAnswerTo('INSERT', 'COMMIT');
  one.socket.write('INSERT');
  await eventually(() => expect(one.heard).toBe('answer to INSERT'));
  other.socket.write('COMMIT');
  await eventually(() => expect(other.heard).toBe('answer to COMMIT'));
  one.socket.write('COMMIT');
  await held;
  expect(one.heard).toBe('answer to INSERT');
});
