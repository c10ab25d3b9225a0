import { busFragments, connectBus, runService } from '@parlance/bootstrap';
import { messageFragments, MessageModule } from './index.js';

await runService({
  name: 'message',
  fragments: [...messageFragments, ...busFragments],
  connect: (config, foundation) => connectBus('message', config, foundation),
  modules: (config) => [MessageModule.register(config)],
});
