/** Imported by `node --import`: says at the end which packages the program has loaded, besides Node's own modules. */
import { registerHooks } from 'node:module';

const names = new Set<string>();
registerHooks({
  load: (url, context, next) => {
    const name = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url)?.[1];
    if (name !== undefined) {
      names.add(name);
    }
    return next(url, context);
  },
});
process.on('exit', () => console.error(`packages: ${[...names].sort().join(' ')}`));
