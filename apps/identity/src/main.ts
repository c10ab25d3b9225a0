import { busFragments, connectBus, runService } from '@parlance/bootstrap';
import { identityFragments } from './identity.config.js';
import { IdentityModule } from './identity.module.js';

await runService({
  name: 'identity',
  fragments: [...identityFragments, ...busFragments],
  connect: (config, foundation) => connectBus('identity', config, foundation),
  modules: (config) => [IdentityModule.register(config)],
});
