// needs: docker
import { startNatsContainer, type ContainerServer } from '@parlance/testing/containers';
import { afterAll } from 'vitest';
import { busConformance } from './conformance.js';
import { connectNats } from './nats.js';

let server: Promise<ContainerServer> | undefined;
let away = false;
afterAll(async () => (await server)?.stop());

/** One server for all tests: what it knows of a test's connections goes with them. */
busConformance('NATS in a container', async () => {
  server ??= startNatsContainer();
  const nats = await server;
  const comeBack = async (): Promise<void> => {
    if (away) await nats.start();
    away = false;
  };
  return {
    connect: (name, options) => connectNats({ servers: nats.url, name, ...options }),
    goAway: async () => {
      away = true;
      await nats.kill();
    },
    comeBack,
    stop: comeBack,
  };
});
