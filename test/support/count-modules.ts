/** Imported by `node --import`: says at the end how many modules the program has loaded besides Node's own. */
import { registerHooks } from 'node:module';

let count = 0;
registerHooks({
  load: (url, context, next) => {
    count += url.startsWith('node:') ? 0 : 1;
    return next(url, context);
  },
});
process.on('exit', () => console.error(`${count} modules`));
