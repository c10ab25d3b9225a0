import { MemoryPresenceStore } from './memory.store.js';
import { storeConformance, TIMES } from './store.conformance.js';

storeConformance('in memory', async () => {
  let ahead = 0;
  const store = new MemoryPresenceStore(TIMES, () => Date.now() + ahead);
  return { store, pass: (ms) => (ahead += ms), wipe: null };
});
