import { describePeopleStore } from '../contracts/people-store.ts';
import { ENGINES } from '../support/state-engines.ts';

for (const engine of ENGINES) {
  describePeopleStore(engine);
}
