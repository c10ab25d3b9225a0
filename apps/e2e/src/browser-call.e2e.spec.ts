// needs: redis-server, nats-server, turnserver, chromium
// takes: 42 s
import { startStack, startTurnServer, STACK_MODES, type PrivateServer, type Stack } from '@parlance/testing';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BrowserPhone } from './browser/browser-phone.js';
import { startBrowser } from './browser/browser.js';
import { servePhones, type PhoneServer } from './browser/phone-server.js';
import { HASH_KEY } from './people.js';

const TURN_SECRET = 'a secret of the specs that coturn knows';
const FRAMES = 10;

let turn: PrivateServer;
let pages: PhoneServer;
let browser: Browser;
beforeAll(async () => {
  [turn, pages, browser] = await Promise.all([startTurnServer([TURN_SECRET]), servePhones(), startBrowser()]);
});
afterAll(async () => {
  await Promise.all([browser.close(), pages.close(), turn.stop()]);
});

describe.each(STACK_MODES)('a call between browsers in %s mode', (mode) => {
  let stack: Stack;
  let open: BrowserPhone[];
  beforeAll(async () => {
    const uri = `turn:127.0.0.1:${turn.port}`;
    stack = await startStack(mode, { env: { PARLANCE_TURN_URIS: uri, PARLANCE_TURN_SECRETS: TURN_SECRET } });
    open = [];
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((phone) => phone.close()));
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
  });

  /** At a gateway by number; a stack with one address has it at every number. */
  async function phone(
    gateway: number,
    identifier: string,
    deviceId: string,
    relayOnly = false,
  ): Promise<BrowserPhone> {
    const server = stack.gateways[gateway % stack.gateways.length] ?? stack.gateways[0];
    const setup = { page: pages.url, server, identifier, deviceId, hashKey: HASH_KEY, relayOnly };
    const opened = await BrowserPhone.open(browser, setup);
    open.push(opened);
    return opened;
  }

  it('shows each the video of the other, over the TURN server if need be, until one hangs up', async () => {
    const [annsPhone, bobsPhone] = await Promise.all([
      phone(0, 'ann', 'anns-phone', true),
      phone(1, 'bob', 'bobs-phone', true),
    ]);
    const room = await annsPhone.roomWith('bob');
    const call = await annsPhone.ring(room);
    expect(await bobsPhone.told('v1OnNewCall')).toMatchObject({
      roomId: room,
      meetId: call,
      withVideo: true,
      userData: { _id: annsPhone.userId },
    });
    await bobsPhone.answer();
    for (const seen of await Promise.all([annsPhone.watch(FRAMES), bobsPhone.watch(FRAMES)])) {
      expect(seen.frames).toBeGreaterThanOrEqual(FRAMES);
      expect(seen.via).toBe('relay');
    }

    await bobsPhone.hangUp(call);
    for (const one of [annsPhone, bobsPhone]) {
      expect(await one.told('v1OnCallEnded')).toMatchObject({ roomId: room, meetId: call });
      expect(await one.ends()).toEqual(['v1OnCallEnded']);
      expect(await one.mediaState()).toBe('closed');
      expect(await one.message()).toMatchObject({ mT: 'call', msgAtt: { callStatus: 'finished', withVideo: true } });
      expect(await one.history()).toMatchObject([{ _id: call, callStatus: 'finished' }]);
    }
  });

  it('is taken by the one device of the callee that answers, and the other is told', async () => {
    const [annsPhone, bobsPhone, bobsLaptop] = await Promise.all([
      phone(0, 'ann', 'anns-phone'),
      phone(0, 'bob', 'bobs-phone'),
      phone(1, 'bob', 'bobs-laptop'),
    ]);
    const call = await annsPhone.ring(await annsPhone.roomWith('bob'));
    for (const rung of [bobsPhone, bobsLaptop]) expect((await rung.told('v1OnNewCall')).meetId).toBe(call);

    await bobsLaptop.answer();
    expect((await bobsPhone.told('v1OnCallCanceled')).meetId).toBe(call);
    await Promise.all([annsPhone.watch(FRAMES), bobsLaptop.watch(FRAMES)]);
    expect(await bobsPhone.mediaState()).toBe('none');
    expect(await annsPhone.ends()).toEqual([]);
    expect(await bobsLaptop.ends()).toEqual([]);

    await annsPhone.hangUp(call);
    for (const one of [annsPhone, bobsLaptop]) expect((await one.told('v1OnCallEnded')).meetId).toBe(call);
    expect(await annsPhone.mediaState()).toBe('closed');
    expect(await bobsLaptop.mediaState()).toBe('closed');
    expect(await bobsPhone.mediaState()).toBe('none');
  });
});
