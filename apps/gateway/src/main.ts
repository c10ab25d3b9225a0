import { busFragments, connectBus, runService } from '@parlance/bootstrap';
import { forwardTo } from './api-forwarder.js';
import { gatewayFragments } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';

await runService({
  name: 'gateway',
  fragments: [...gatewayFragments, ...busFragments],
  connect: (config, foundation) => connectBus('gateway', config, foundation),
  modules: (config) => [GatewayModule.register(config)],
  configure: (app, config, { logger }) => {
    if (config.gateway.apiUrl !== undefined) app.use(forwardTo(config.gateway.apiUrl, logger));
  },
});
