import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/lib/secret.ts';
import { UsageError } from '../../src/lib/usage-error.ts';
import type { Terminal } from '../../src/setup/dialogue.ts';
import { createDialogue } from '../../src/setup/flags-first.ts';

const QUESTION = { flag: '--tenant', ask: 'Which tenant?' };
const CHOICE = { ...QUESTION, choices: [{ value: 'a', name: 'A' }] } as const;

/** Somebody who types the same thing everywhere. */
const TYPIST: Terminal = {
  text: async () => 'typed',
  secret: async () => 'typed',
  choose: async ({ choices }) => choices.at(-1)!.value,
  pick: async () => ['typed'],
  confirm: async () => true,
};

function dialogueWith(terminal: Terminal | undefined, takesDefaults = false) {
  const cleared: string[] = [];
  const progress = { show: () => {}, clear: () => cleared.push('cleared') };
  return { ...createDialogue({ terminal, takesDefaults, tell: () => {}, progress }), cleared };
}

describe('a dialogue', () => {
  it('tells no user and password of a URL', () => {
    const told: string[] = [];
    const progress = { show: () => {}, clear: () => {} };
    const { tell } = createDialogue({
      terminal: undefined,
      takesDefaults: false,
      tell: text => void told.push(text),
      progress,
    });
    tell('proxy: "http://joe:p@ss:w@proxy:8080" and HTTPS://token@x/?a=b@c, see https://x.example/a@b');
    expect(told).toEqual(['proxy: "http://…@proxy:8080" and HTTPS://…@x/?a=b@c, see https://x.example/a@b']);
  });

  it('takes what a flag says, asks nobody, and refuses what is wrong with the name of the flag', async () => {
    const dialogue = dialogueWith(TYPIST);
    expect(await dialogue.text(QUESTION, 'given')).toBe('given');
    expect((await dialogue.secret(QUESTION, new Secret('given'))).reveal()).toBe('given');
    expect(await dialogue.choose(CHOICE, 'a')).toBe('a');
    const check = () => 'too short';
    await expect(dialogue.text({ ...QUESTION, check }, 'x')).rejects.toThrow(new UsageError('--tenant: too short'));
    await expect(dialogue.secret({ ...QUESTION, check }, new Secret('x'))).rejects.toThrow(UsageError);
  });

  it('asks at a terminal, on a clean line, also what has a default', async () => {
    const dialogue = dialogueWith(TYPIST);
    expect(await dialogue.text({ ...QUESTION, byDefault: 'default' })).toBe('typed');
    expect((await dialogue.secret(QUESTION)).reveal()).toBe('typed');
    expect(await dialogue.pick(CHOICE)).toEqual(['typed']);
    expect(await dialogue.confirm(QUESTION, false)).toBe(true);
    expect(dialogue.cleared).toHaveLength(4);
  });

  it('with --yes takes defaults, and asks only for what has none', async () => {
    const dialogue = dialogueWith(TYPIST, true);
    expect(await dialogue.text({ ...QUESTION, byDefault: 'default' })).toBe('default');
    expect(await dialogue.text(QUESTION)).toBe('typed');
    expect(await dialogue.confirm(QUESTION, false)).toBe(false);
  });

  it('without a terminal takes defaults, and names the flag of what has none', async () => {
    const dialogue = dialogueWith(undefined);
    expect(dialogue.isInteractive).toBe(false);
    expect(await dialogue.text({ ...QUESTION, byDefault: 'default' })).toBe('default');
    expect(await dialogue.confirm(QUESTION, false)).toBe(false);
    const missing = /^--tenant is missing, and there is no terminal to ask: Which tenant\?$/;
    await expect(dialogue.text(QUESTION)).rejects.toThrow(missing);
    await expect(dialogue.secret(QUESTION)).rejects.toThrow(missing);
    await expect(dialogue.choose(CHOICE)).rejects.toThrow(missing);
    await expect(dialogue.pick(CHOICE)).rejects.toThrow(missing);
  });
});
