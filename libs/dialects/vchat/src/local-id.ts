import { createHash } from 'node:crypto';
import type { Message } from '@parlance/domain';
import { NAME } from './wire.js';

/** The namespace of this wire's local ids (RFC 9562, version 5): made up once, and never to change. */
const NAMESPACE = Buffer.from('b3f0a9d27c5e4c1f9a6d2e8b41c07f53', 'hex');

/** The uuid of version 5 that stands for a name: the same name is the same uuid, everywhere. */
export function uuidOf(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name, 'utf8').digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * What clients match messages by: the id that the sending client made, or one that stands for the message. A broadcast's copies share
 * their parent's client id, so each is known by its own.
 */
export function localIdOf({ id, clientMessageId, extras, broadcastOf }: Message): string {
  return extras[NAME] !== undefined && broadcastOf === null ? clientMessageId : uuidOf(id);
}
