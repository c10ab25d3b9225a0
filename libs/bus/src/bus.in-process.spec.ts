import { createInProcessHub } from './in-process.js';
import { busConformance } from './conformance.js';

busConformance('in-process', async () => {
  const hub = createInProcessHub();
  const names = new Set<string>();
  return {
    connect: async (name, options) => {
      names.add(name);
      return hub.connect(name, options);
    },
    goAway: async () => names.forEach((name) => hub.partition(name)),
    comeBack: async () => names.forEach((name) => hub.heal(name)),
    stop: async () => undefined,
  };
});
