import { cutBatches } from './batching.js';
import { tooLarge } from './failures.js';
import { ENVELOPE_BYTES, ITEM_OVERHEAD_BYTES, MAX_BATCH_ITEMS } from './limits.js';
import { writeAnswer, writeError } from './wire.js';

interface Answer {
  readonly place: number;
  readonly text: string;
  readonly bytes: number;
}

/**
 * The answers to one wire request. Sent as one message when all are there; answers that are ready earlier leave at the end of their
 * turn, so that one slow item does not hold up the others; what exceeds a message is cut.
 */
export class AnswerSheet {
  private ready: Answer[] = [];
  private done = 0;
  private scheduled = false;

  constructor(
    private readonly size: number,
    private readonly v: number,
    private readonly maxPayload: number,
    private readonly send: (text: string) => void,
  ) {}

  put(place: number, text: string): void {
    this.ready.push(this.fit(place, text));
    this.done += 1;
    if (this.done === this.size) return this.flush();
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.ready.length > 0) this.flush();
    });
  }

  private fit(place: number, text: string): Answer {
    const maxBytes = this.maxPayload - ENVELOPE_BYTES;
    const bytes = Buffer.byteLength(text) + ITEM_OVERHEAD_BYTES;
    if (bytes <= maxBytes) return { place, text, bytes };
    const refusal = writeError(tooLarge('The answer', maxBytes));
    return { place, text: refusal, bytes: refusal.length + ITEM_OVERHEAD_BYTES };
  }

  private flush(): void {
    const answers = this.ready.sort((a, b) => a.place - b.place);
    this.ready = [];
    const limits = { items: MAX_BATCH_ITEMS, bytes: this.maxPayload - ENVELOPE_BYTES };
    for (const batch of cutBatches(answers, limits)) this.sendBatch(batch);
  }

  private sendBatch(batch: readonly Answer[]): void {
    const at = batch.length === this.size ? null : batch.map((answer) => answer.place);
    const texts = batch.map((answer) => answer.text);
    this.send(writeAnswer(this.v, at, texts));
  }
}
