import { busFragments, connectBus, runService } from '@parlance/bootstrap';
import { callFragments, CallModule } from './index.js';

await runService({
  name: 'call',
  fragments: [...callFragments, ...busFragments],
  connect: (config, foundation) => connectBus('call', config, foundation),
  modules: (config) => [CallModule.register(config)],
});
