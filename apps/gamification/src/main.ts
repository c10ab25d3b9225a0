import { busFragments, connectBus, runService } from '@parlance/bootstrap';
import { gamificationFragments, GamificationModule } from './index.js';

await runService({
  name: 'gamification',
  fragments: [...gamificationFragments, ...busFragments],
  connect: (config, foundation) => connectBus('gamification', config, foundation),
  modules: (config) => [GamificationModule.register(config)],
});
