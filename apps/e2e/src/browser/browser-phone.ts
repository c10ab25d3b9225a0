import type { Browser, BrowserContext, Page } from 'playwright-core';
import { z } from 'zod';

export interface PhoneSetup {
  /** origin of the page */
  readonly page: string;
  /** the Parlance it is an app of */
  readonly server: string;
  /** the app's own id of the user, who is made when new */
  readonly identifier: string;
  readonly deviceId: string;
  readonly hashKey: string;
  /** takes no way for its media but the TURN server */
  readonly relayOnly: boolean;
}

export type CallEnd = 'v1OnCallCanceled' | 'v1OnCallRejected' | 'v1OnCallTimeout' | 'v1OnCallEnded';
type CallEvent = CallEnd | 'v1OnNewCall' | 'v1OnCallAccepted' | 'v1OnNewMessage';

const watched = z.object({ frames: z.int(), via: z.string() });
const callKey = z.looseObject({ roomId: z.string(), meetId: z.string() });
const named = z.looseObject({ mT: z.string(), msgAtt: z.unknown() });
const history = z.array(z.looseObject({ _id: z.string(), callStatus: z.string() }));

/** A page in a browser of its own that makes and takes calls as an app of V Chat's WebRTC generation does. */
export class BrowserPhone {
  readonly #page: Page;
  readonly #context: BrowserContext;

  private constructor(
    context: BrowserContext,
    page: Page,
    readonly userId: string,
  ) {
    this.#context = context;
    this.#page = page;
  }

  static async open(browser: Browser, setup: PhoneSetup): Promise<BrowserPhone> {
    const context = await browser.newContext();
    const page = await context.newPage();
    const { server, identifier, deviceId, hashKey, relayOnly } = setup;
    await page.goto(setup.page, { waitUntil: 'load' });
    const account = { server, identifier, fullName: identifier, deviceId, hashKey, relayOnly };
    return new BrowserPhone(context, page, z.string().parse(await page.evaluate(called('open', account))));
  }

  /** The room of two, made when there is none. */
  async roomWith(identifier: string): Promise<string> {
    return this.#run('roomWith', z.string(), identifier);
  }

  /** @returns the call's id */
  async ring(roomId: string): Promise<string> {
    return this.#run('ring', z.string(), roomId);
  }

  async answer(): Promise<void> {
    await this.#run('answer', z.undefined());
  }

  async hangUp(meetId: string): Promise<void> {
    await this.#run('hangUp', z.undefined(), meetId);
  }

  /** Resolves when the event has come, or had come before. */
  async told(event: CallEvent): Promise<{ readonly roomId: string; readonly meetId: string }> {
    return this.#run('told', callKey, event);
  }

  /** The first message that came. */
  async message(): Promise<{ readonly mT: string; readonly msgAtt: unknown }> {
    return this.#run('told', named, 'v1OnNewMessage');
  }

  /** Resolves when so many frames of the other's video were decoded; `via`: the kind of its own end of the way. */
  async watch(frames: number): Promise<z.infer<typeof watched>> {
    return this.#run('watch', watched, frames);
  }

  /** The ends of calls that it was told. */
  async ends(): Promise<readonly string[]> {
    return this.#run('ends', z.array(z.string()));
  }

  async mediaState(): Promise<string> {
    return this.#run('mediaState', z.string());
  }

  async history(): Promise<z.infer<typeof history>> {
    return this.#run('rest', history, 'GET', 'call/history');
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  async #run<T>(method: string, result: z.ZodType<T>, ...args: readonly unknown[]): Promise<T> {
    return result.parse(await this.#page.evaluate(called(method, ...args)));
  }
}

/** A call of the page's phone, as text. */
function called(method: string, ...args: readonly unknown[]): string {
  return `phone.${method}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`;
}
