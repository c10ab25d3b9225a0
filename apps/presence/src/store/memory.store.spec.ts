import { MemoryPresenceStore } from './memory.store.js';
import { storeConformance } from './store.conformance.js';
import { TIMES } from './store.fixture.js';

storeConformance('in memory', async () => {
  let ahead = 0;
  const store = new MemoryPresenceStore(TIMES, () => Date.now() + ahead);
  return { store, pass: (ms) => (ahead += ms), wipe: null };
});
