/**
 * `npm run restarts [-- COUNT [MODE]]` (50 restarts of each mode, `activation`, `takeover` or `rolling`, unless they are
 * given): six clients write, read and list without a pause, and repeat nothing, while the server is restarted, or three
 * servers of one database one after another. Prints what they have seen after each restart. The exit code is 1 when anything was refused, torn, failed or lost.
 */
import { type Load, RESTART_MODES, type RestartMode, startLoad } from '../support/restarts.ts';
import { openRolling } from '../support/rolling.ts';

/** Rounds of the load between two restarts. */
const ROUNDS = 10;

const count = Number(process.argv[2] ?? 50);
const wanted = process.argv[3] ?? '';

for (const [name, open] of Object.entries({ ...RESTART_MODES, rolling: openRolling })) {
  if (name.includes(wanted)) {
    await using mode = await open();
    const load = startLoad(mode.url, { keepsAlive: true });
    await restartOften(name, mode, load);
    await load.rounds(ROUNDS);
    await load.stop();
    const sessions = mode.emulator.openUploadSessions();
    console.log(`${name}: all ${count} restarts, ${show(load)}, ${sessions} upload sessions left open`);
    console.log(load.failures.length === 0 ? 'nothing went wrong' : `${load.failures.length} went wrong`);
    process.exitCode ||= load.failures.length === 0 && sessions === 0 ? 0 : 1;
  }
}

async function restartOften(name: string, mode: RestartMode, load: Load): Promise<void> {
  let told = 0;
  for (let restart = 1; restart <= count; restart += 1) {
    await load.rounds(ROUNDS);
    const start = performance.now();
    await mode.restart();
    console.log(`${name}: restart ${restart} in ${Math.round(performance.now() - start)} ms, ${show(load)}`);
    for (const failure of load.failures.slice(told)) {
      console.log(`  ${failure}`);
    }
    told = load.failures.length;
  }
}

function show({ counts }: Load): string {
  return Object.entries(counts)
    .map(([what, number]) => `${number} ${what}`)
    .join(', ');
}
