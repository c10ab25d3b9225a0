import { busFragments, connectBus, runService } from '@parlance/bootstrap';
import { apiFragments } from './api.config.js';
import { ApiModule } from './api.module.js';

await runService({
  name: 'api',
  fragments: [...apiFragments, ...busFragments],
  connect: (config, foundation) => connectBus('api', config, foundation),
  modules: (config) => [ApiModule.register(config)],
});
