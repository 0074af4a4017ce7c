import { type Command, Option } from 'commander';
import { readCommandTree } from './command-tree.ts';
import { renderBash } from './completion-bash.ts';
import { renderFish } from './completion-fish.ts';
import { renderZsh } from './completion-zsh.ts';
import { print } from './print.ts';

const SHELLS = { bash: renderBash, zsh: renderZsh, fish: renderFish };
type Shell = keyof typeof SHELLS;

const HOW = `
To use it, for a user:
  bash  onedrive-webdav completion bash > ~/.local/share/bash-completion/completions/onedrive-webdav
  zsh   onedrive-webdav completion zsh > "\${fpath[1]}/_onedrive-webdav"
  fish  onedrive-webdav completion fish > ~/.config/fish/completions/onedrive-webdav.fish`;

export function completionCommand(command: Command): Command {
  return command
    .addArgument(command.createArgument('<shell>', 'the shell that reads the script').choices(Object.keys(SHELLS)))
    .addOption(new Option('--name <command>', 'the name under which the program is called').default('onedrive-webdav'))
    .addHelpText('after', HOW)
    .action(printScript);
}

async function printScript(shell: Shell, { name }: { readonly name: string }, command: Command): Promise<void> {
  await print(SHELLS[shell](readCommandTree(command.parent!), name));
}
