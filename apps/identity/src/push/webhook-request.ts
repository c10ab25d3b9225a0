import { createHmac } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { publicLookup, requirePublicHost } from '@parlance/auth';

export interface WebhookTarget {
  readonly url: string;
  /** at least 32 characters */
  readonly secret: string;
  readonly timeoutMs: number;
  /** whether it may be in a private network */
  readonly allowPrivate: boolean;
  /** requests at a time */
  readonly concurrency: number;
}

export interface WebhookCall {
  /** the same at every repetition, so that the receiver can tell */
  readonly id: string;
  readonly body: string;
  /** seconds since the epoch */
  readonly timestamp: number;
}

export const ID_HEADER = 'x-parlance-push-id';
export const SIGNATURE_HEADER = 'x-parlance-signature';

/** `t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">`: a receiver refuses what is older than 5 minutes. */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  return `t=${timestamp},v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

/** Posts to one URL. */
export class WebhookClient {
  readonly #url: URL;
  readonly #agent: HttpAgent;

  constructor(private readonly target: WebhookTarget) {
    this.#url = new URL(target.url);
    const guard = target.allowPrivate ? {} : { lookup: publicLookup() };
    const options = { keepAlive: true, maxSockets: target.concurrency, ...guard };
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /**
   * The status of the answer, whose body is not looked at; redirects are not followed. Rejects with whatever kept it from being
   * answered in time, `permission-denied` for an address that is not public.
   */
  post({ id, body, timestamp }: WebhookCall): Promise<number> {
    const { secret, timeoutMs, allowPrivate } = this.target;
    return new Promise((resolve, reject) => {
      if (!allowPrivate) requirePublicHost(this.#url);
      const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(this.#url, {
        method: 'POST',
        agent: this.#agent,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          [ID_HEADER]: id,
          [SIGNATURE_HEADER]: signatureOf(secret, timestamp, body),
        },
      });
      request.on('response', (response) => {
        response.on('error', reject);
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.resume();
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
