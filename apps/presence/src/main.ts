import { busFragments, connectBus, runService } from '@parlance/bootstrap';
import { presenceFragments } from './presence.config.js';
import { PresenceModule } from './presence.module.js';

await runService({
  name: 'presence',
  fragments: [...presenceFragments, ...busFragments],
  connect: (config, foundation) => connectBus('presence', config, foundation),
  modules: (config) => [PresenceModule.register(config)],
});
