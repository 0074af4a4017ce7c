import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmulatorInfo } from '../../src/emulator/command.ts';
import type { MicrosoftClient } from '../support/microsoft-client.ts';
import { signInBrowser } from '../support/sign-in-browser.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface DemoInfo {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly mounts: readonly string[];
  readonly emulator: EmulatorInfo;
}

describe('demo --json', () => {
  let child: ChildProcess;
  let info: DemoInfo;

  beforeAll(async () => {
    child = spawn(process.execPath, [MAIN, 'demo', '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
    info = JSON.parse(line) as DemoInfo;
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('serves the mailboxes of the sample tenant, the first one first', async () => {
    expect(info.emulator.mailboxes[0]).toBe('ada@contoso.com');
    expect(info.mounts[0]).toBe('ada');
    const authorization = `Basic ${Buffer.from(`${info.user}:${info.password}`).toString('base64')}`;
    const answer = await fetch(new URL('/ada/Welcome.txt', info.url), { headers: { authorization } });
    expect(await answer.text()).toContain('OneDrive of Ada');
  });

  it('lets a sample person sign in with a browser that knows nothing of the emulator', async () => {
    const browser = signInBrowser({ plain: plainFetch });
    const page = await follow(browser, new URL('/-/account/sign-in', info.url).href);
    expect(page.title).toBe('Sign in to your account');
    const back = await browser.press(page, 'Ada Lovelace');
    const home = await follow(browser, back.headers.location as string);
    expect(home.text).toContain('Your user name is');
  });
});

type Browser = ReturnType<typeof signInBrowser>;

async function follow(browser: Browser, url: string) {
  let answer = await browser.open(url);
  while (typeof answer.headers.location === 'string') {
    answer = await browser.open(answer.headers.location);
  }
  return answer;
}

/** Requests without a proxy; a location is resolved as a browser does it. */
const plainFetch: MicrosoftClient['plain'] = async (url, { method = 'GET', headers = {}, body = null } = {}) => {
  const sent = { method, headers: headers as Record<string, string>, body: body as string | null };
  const answer = await fetch(url, { ...sent, redirect: 'manual' });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const location = answer.headers.get('location');
  return {
    status: answer.status,
    headers: {
      ...Object.fromEntries(answer.headers),
      ...(location === null ? {} : { location: new URL(location, url).href }),
      'set-cookie': answer.headers.getSetCookie(),
    },
    ...{ text: bytes.toString(), bytes, json: undefined },
  };
};
