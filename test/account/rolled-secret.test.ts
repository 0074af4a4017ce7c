import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAccountBench } from '../support/account-bench.ts';

async function serve() {
  const bench = await startAccountBench({ isSecretInFile: true });
  const { server } = bench;
  onTestFinished(async () => {
    expect(server.emulator.violations).toEqual([]);
    await bench.stop();
  });
  return {
    ...bench,
    emulator: server.emulator,
    write: (secret: string) => writeFileSync(join(server.folder, 'client-secret'), secret),
    /** A browser that comes back from Microsoft with a code. */
    comeBack: async () => {
      const person = bench.browser();
      const { headers: toMicrosoft } = await person.visit('/sign-in');
      const { headers: back } = await person.visit(toMicrosoft.location as string);
      expect(back.location).toMatch(/\/-\/account\/callback\?code=/);
      server.emulator.resetCalls();
      return () => person.open(back.location as string);
    },
    tokenAnswers: () => server.emulator.calls.filter(call => call.operation === 'token').map(({ status }) => status),
    troubles: () => server.logged.filter(line => JSON.parse(line).level >= 40),
  };
}

describe('a secret that is rolled while a person is at Microsoft: the sign-in goes on', () => {
  it('when its file is new', async () => {
    const { emulator, write, comeBack, tokenAnswers, audit, troubles } = await serve();
    const goOn = await comeBack();
    write('rolled');
    emulator.setApplication({ clientSecret: 'rolled' });
    const page = await goOn();
    expect([page.status, page.title]).toEqual([200, expect.stringMatching(/^Your devices/)]);
    expect(tokenAnswers()).toEqual([200]);
    expect(audit().at(-1)).toMatchObject({ audit: 'signed-in', user: 'ada@contoso.com' });
    expect(troubles()).toEqual([]);
  });

  it('when its file comes in the very moment in which the old one is refused', async () => {
    const { emulator, write, comeBack, tokenAnswers, audit, troubles } = await serve();
    const goOn = await comeBack();
    emulator.setApplication({ clientSecret: 'rolled' });
    emulator.setFault(operation => void (operation === 'token' && write('rolled')));
    const page = await goOn();
    expect([page.status, page.title]).toEqual([200, expect.stringMatching(/^Your devices/)]);
    expect(tokenAnswers()).toEqual([401, 200]);
    expect(audit().at(-1)).toMatchObject({ audit: 'signed-in', user: 'ada@contoso.com' });
    expect(troubles()).toEqual([]);
  });

  it('when Microsoft does not know the new one yet', async () => {
    const { write, comeBack, tokenAnswers } = await serve();
    const goOn = await comeBack();
    write('rolled too early');
    expect([(await goOn()).status, tokenAnswers()]).toEqual([200, [401, 200]]);
  });
});

it('a secret that is wrong in its file as well is told to the person, and cured by the next try', async () => {
  const { emulator, browser, write } = await serve();
  emulator.setApplication({ clientSecret: 'rolled' });
  const refused = await browser().signIn();
  expect([refused.status, refused.title]).toEqual([503, expect.stringMatching(/^This server cannot identify itself/)]);
  write('rolled');
  const page = await browser().signIn();
  expect([page.status, page.title]).toEqual([200, expect.stringMatching(/^Your devices/)]);
});
