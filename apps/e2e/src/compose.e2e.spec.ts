// needs: docker, docker-compose
// takes: 300 s
import { freePort } from '@parlance/persistence';
import { ComposeStack, docker } from '@parlance/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerCases } from './compose/container.cases.js';
import { faultCases } from './compose/fault.cases.js';
import { buildImage, IMAGE, imageCases } from './compose/image.cases.js';
import { outsideCases } from './compose/outside.cases.js';
import { gatheringCases } from './gathering.cases.js';
import { conversationPlays } from './conversation.cases.js';
import { LIMITS } from './settings.js';

const BUILD_MS = 600_000;
const START_MS = 180_000;
const RELAY_PORTS = 20;
const PROJECT = `parlance-e2e-${process.pid}`;
const { PARLANCE_LIMIT_CONNECTS_PER_MINUTE: _, ...SENDING } = LIMITS;
/** What sends faster than people do is let. */
const SETTINGS = { 'gateway-0': LIMITS, 'gateway-1': LIMITS, api: SENDING, message: SENDING };

describe('the stack in containers', () => {
  let stack: ComposeStack;
  const ports = { prometheus: 0, turn: 0 };
  beforeAll(async () => {
    const begun = Date.now();
    await buildImage();
    console.info(`the image was built in ${Math.round((Date.now() - begun) / 1_000)} s`);
  }, BUILD_MS);
  beforeAll(async () => {
    const begun = Date.now();
    [ports.prometheus, ports.turn] = [await freePort(), await freePort()];
    stack = await ComposeStack.start({
      project: PROJECT,
      port: await freePort(),
      profiles: ['metrics', 'turn'],
      settings: SETTINGS,
      variables: {
        PARLANCE_IMAGE: IMAGE,
        PARLANCE_PROMETHEUS_PORT: String(ports.prometheus),
        PARLANCE_TURN_PORT: String(ports.turn),
        PARLANCE_TURN_URIS: `turn:127.0.0.1:${ports.turn}`,
        PARLANCE_TURN_MIN_PORT: String(ports.turn + 1),
        PARLANCE_TURN_MAX_PORT: String(ports.turn + RELAY_PORTS),
      },
    });
    console.info(`the stack was healthy after ${Math.round((Date.now() - begun) / 1_000)} s`);
  }, START_MS);
  afterAll(async () => {
    await stack.stop();
  });

  describe('its image', () => imageCases());
  describe('its containers', () => containerCases(() => stack));
  describe('from outside', () =>
    outsideCases(
      () => stack,
      () => ports,
    ));
  describe('with clients of vendors', () => {
    conversationPlays(() => stack);
    gatheringCases(() => stack);
  });
  describe('struck', () => faultCases(() => stack));

  it('leaves nothing behind when it is taken down with its volumes', async () => {
    expect(await stack.stop()).toBe(0);
    const label = `label=com.docker.compose.project=${PROJECT}`;
    for (const kind of [
      ['ps', '--all'],
      ['volume', 'ls'],
      ['network', 'ls'],
    ])
      expect(await docker(...kind, '--quiet', '--filter', label)).toBe('');
  });
});
