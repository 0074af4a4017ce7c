import { memoryOfKnown } from './test/bench/peers/million.ts';
for (const n of process.argv.slice(2)) { const t=performance.now(); console.log(n, (await memoryOfKnown(Number(n)))/1e6, performance.now()-t); }
