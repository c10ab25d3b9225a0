import { headSchema, receiptChangedSchema } from '@parlance/domain';
import { z } from 'zod';
import { event } from './contract.js';

// What is published at room and user addresses (contract.ts)

/**
 * `facts`: what one commit added, in pos order, unparsed (see pullLog). `heads`: the relay's repetition.
 * `receipts`: state facts. `events`: user events (at the user's address), and advances of streams and typing that was told over
 * REST (at the room's addresses), unparsed: a reader skips what it does not know. One of them per publication.
 */
export const roomPublished = event(
  'room.published',
  z.union([
    z.object({ facts: z.array(z.unknown()) }),
    z.object({ heads: z.array(headSchema) }),
    z.object({ receipts: z.array(receiptChangedSchema) }),
    z.object({ events: z.array(z.unknown()) }),
  ]),
);
