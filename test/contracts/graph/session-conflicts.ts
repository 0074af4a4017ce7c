import { expect } from 'vitest';
import { expectAnswer, oneOf, textOf } from './answer.ts';
import type { Bench } from './bench.ts';
import { answerCases, type ContractCase } from './contract-case.ts';
import { createSession, createSessionAt, openSession, sendWhole, sessionOf } from './upload-session.ts';

const SMALL = new TextEncoder().encode('new content');

export const SESSION_CONFLICTS: ContractCase[] = [
  {
    it: 'conflictBehavior=fail leaves the file that is there alone',
    source: '§2.8 [DOC, OBS ODD#772]: 409 at once or at the last byte',
    run: async bench => {
      const folder = await bench.folder();
      const first = await bench.file(folder, 'a.bin', '1');
      const created = await createSession(bench, folder, 'a.bin', { conflictBehavior: 'fail' });
      const answer = created.status === 200 ? await sendWhole(bench, sessionOf(created).uploadUrl, SMALL) : created;
      expectAnswer(answer, 409, 'nameAlreadyExists');
      expect(textOf(await bench.download(first))).toBe('1');
    },
  },
  {
    it: 'conflictBehavior=fail heeds a name that was taken meanwhile',
    source: '§2.8 [DOC]: 409 nameAlreadyExists at the last byte',
    run: async bench => {
      const folder = await bench.folder();
      const url = await openSession(bench, folder, 'a.bin', { conflictBehavior: 'fail' });
      const first = await bench.file(folder, 'a.bin', '1');
      expectAnswer(await sendWhole(bench, url, SMALL), 409, 'nameAlreadyExists');
      expect(textOf(await bench.download(first))).toBe('1');
    },
  },
  {
    it: 'a second session for a name is 409 until the first one ends',
    source: 'Later findings [OBS ODD#747, #989, #1098]: Business',
    run: async bench => {
      const folder = await bench.folder();
      const url = await openSession(bench, folder, 'a.bin');
      expectAnswer(await createSession(bench, folder, 'A.bin'), 409);
      await bench.open('DELETE', url);
      expectAnswer(await createSession(bench, folder, 'a.bin'), 200);
    },
  },
  {
    it: 'sessions for two names of a folder do not disturb each other',
    source: '§2.8 [DOC]',
    run: async bench => {
      const folder = await bench.folder();
      const urls = [await openSession(bench, folder, 'a.bin'), await openSession(bench, folder, 'b.bin')];
      for (const url of urls) {
        expectAnswer(await sendWhole(bench, url, SMALL), 201);
      }
      await bench.expectNames(folder, ['a.bin', 'b.bin']);
    },
  },
  {
    it: 'If-Match of another eTag is 412 and leaves the file alone',
    source: 'learn "createUploadSession" [DOC]: if-match',
    run: async bench => {
      const folder = await bench.folder();
      const { eTag } = await bench.file(folder, 'a.bin', '1');
      const file = await bench.file(folder, 'a.bin', '22');
      expectAnswer(await createSession(bench, folder, 'a.bin', { headers: { 'If-Match': eTag } }), 412);
      expect(textOf(await bench.download(file))).toBe('22');
    },
  },
  {
    it: 'If-Match of the eTag opens a session, or is 412 all the same',
    source: 'learn "createUploadSession" [DOC]; 412 for an exact eTag: ODD#1716, abraunegg [OBS]',
    run: async bench => {
      const folder = await bench.folder();
      const { eTag } = await bench.file(folder, 'a.bin', '1');
      expectAnswer(await createSession(bench, folder, 'a.bin', { headers: { 'If-Match': eTag } }), oneOf(200, 412));
    },
  },
  ...answerCases([
    {
      it: 'an unknown conflictBehavior is refused',
      source: '§2.8 [DOC]; §3.1 invalidRequest',
      status: 400,
      ask: async bench => createSession(bench, await bench.folder(), 'a.bin', { conflictBehavior: 'overwrite' }),
    },
    {
      it: 'a name that is not allowed is refused',
      source: '§4 [DOC]',
      status: 400,
      ask: async bench => createSession(bench, await bench.folder(), 'CON'),
    },
    {
      it: 'a parent that is gone is itemNotFound',
      source: '§2.7 [BG]',
      status: 404,
      code: 'itemNotFound',
      ask: async bench => {
        const folder = await bench.folder();
        await bench.graph('DELETE', bench.item(folder));
        return createSession(bench, folder, 'a.bin');
      },
    },
    {
      it: 'a session for an id that is gone is itemNotFound',
      source: '§3.1 [DOC]',
      status: 404,
      code: 'itemNotFound',
      ask: async (bench: Bench) => {
        const file = await bench.file(await bench.folder(), 'a.bin');
        await bench.graph('DELETE', bench.item(file));
        return createSessionAt(bench, bench.item(file));
      },
    },
    {
      it: 'a session for the name of a folder is refused',
      source: '§2.7 [OPEN: 409 or 400]',
      status: oneOf(400, 409),
      ask: async (bench: Bench) => {
        const folder = await bench.folder();
        await bench.makeFolder(folder, 'sub');
        return createSession(bench, folder, 'sub');
      },
    },
  ]),
];
