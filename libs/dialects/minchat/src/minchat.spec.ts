import { dialectConformance } from '@parlance/dialect-kit/conformance';
import { minchat } from './index.js';

const apiKey = 'pk_sample';

dialectConformance(minchat, {
  events: {
    'room.user.join': { good: [[{ channelUserId: 'ann', apiKey }]] },
    'room.user.leave': { good: [[{ channelUserId: 'ann', apiKey }]] },
    'room.join': { good: [[{ channelId: 'c1', apiKey }]] },
    'room.leave': { good: [[{ channelId: 'c1', apiKey }]] },
    message: {
      good: [
        [{ text: 'hi', apiKey, chat_id: 'c1', user_id: 'ann' }],
        [{ text: 'hi', metadata: { a: [1, { b: null }] }, file: null, apiKey, chat_id: 'c1', user_id: 'ann' }],
      ],
    },
    'message.update': {
      good: [[{ messageId: 'm1', text: 'ho', apiKey }], [{ messageId: 'm1', metadata: {}, apiKey }]],
    },
    'message.delete': { good: [[{ messageId: 'm1', apiKey }]] },
    'message.seen': {
      good: [[{ lastMessageId: 'm1', user: { id: 'ann' }, apiKey }], [{ user: { id: 'ann' }, apiKey }]],
    },
    'typing.start': { good: [[{ channelId: 'c1', user: { id: 'ann', createdAt: 'x' }, apiKey }]] },
    'typing.stop': { good: [[{ channelId: 'c1', user: { id: 'ann' }, apiKey }]] },
    'user.status': { good: [[{ memberId: 'bob', apiKey }], [{ memberId: 'ann', apiKey, channelId: 'c1' }]] },
  },
});
