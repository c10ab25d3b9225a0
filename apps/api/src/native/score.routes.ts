import { httpRoute, numberField } from '@parlance/dialect-kit';
import {
  idSchema,
  leaderboardPeriodSchema,
  leaderboardPlaceSchema,
  ledgerEntrySchema,
  MAX_FACTS,
  scoreDaySchema,
  scoreFactSchema,
  scoreRulesSchema,
  versionedRulesSchema,
  type VersionedRules,
} from '@parlance/domain';
import { z } from 'zod';
import { cursorField, decodeCursor, encodeCursor } from './cursor.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Scores';
const params = z.object({ id: idSchema });
const date = z.iso.date().optional().meta({ description: "A day of the user's own calendar; default: today." });
const query = z.object({ date });
const PER_PAGE = 50;
const MAX_PER_PAGE = 200;
const paged = {
  cursor: cursorField.optional(),
  limit: numberField(z.number().int().min(1).max(MAX_PER_PAGE).default(PER_PAGE)),
};
const SERVERS = ['secret'] as const;

const recordedAnswer = z.object({
  counted: z.int(),
  duplicates: z.int().meta({ description: 'Known by their `factId` already.' }),
  locked: z.int().meta({ description: 'Stored, not counted: too few reels before, or no action of that day.' }),
  capped: z.int().optional().meta({ description: 'Stored, not counted: more than a day allows. Absent when none.' }),
});
const rulesAnswer = versionedRulesSchema.omit({ rules: true }).extend(scoreRulesSchema.shape);
const nextCursor = z.string().optional();
const explanationAnswer = z.object({
  score: scoreDaySchema,
  rulesVersion: z.int(),
  entries: z.array(ledgerEntrySchema),
  nextCursor,
});
const leaderboardAnswer = z.object({
  startsOn: z.iso.date().nullable(),
  places: z.array(leaderboardPlaceSchema),
  self: leaderboardPlaceSchema.nullable(),
  nextCursor,
});

const recordFacts = httpRoute<'score.record'>()({
  method: 'post',
  path: '/users/:id/facts',
  body: 'json',
  summary:
    'Tells what a user did, all or none of it; the same `factId` counts once. With a user token within bounds: reels at least 1 s apart.',
  schema: z.object({ params, body: z.object({ facts: z.array(scoreFactSchema).min(1).max(MAX_FACTS) }) }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ body: { facts } }) => ({ type: 'score.record', facts }),
  answer: (recorded) => ({ status: 200, body: recorded }),
});

const getScore = httpRoute<'score.find'>()({
  method: 'get',
  path: '/users/:id/score',
  body: 'none',
  summary: "The score document of one of a user's days.",
  schema: z.object({ params, query }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ query: { date: day } }) => ({ type: 'score.find', day }),
  answer: ({ day }) => ({ status: 200, body: day }),
});

const ledgerPlace = z.tuple([z.literal('ledger'), z.int().nonnegative(), idSchema]);

const explainScore = httpRoute<'score.explain'>()({
  method: 'get',
  path: '/users/:id/score/why',
  body: 'none',
  summary: 'Why the score is what it is: the facts of the day in the order of time, each with what it counts for.',
  schema: z.object({ params, query: query.extend(paged) }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ query: { date: day, cursor, limit } }) => {
    const [, at, factId] = cursor === undefined ? [] : decodeCursor(ledgerPlace, cursor);
    const after = at === undefined || factId === undefined ? undefined : { at, factId };
    return { type: 'score.explain', day, after, limit };
  },
  answer: ({ day: score, rulesVersion, entries, next }) => {
    const more = next === null ? {} : { nextCursor: encodeCursor(['ledger', next.at, next.factId]) };
    return { status: 200, body: { score, rulesVersion, entries, ...more } };
  },
});

const recomputeScore = httpRoute<'score.recompute'>()({
  method: 'post',
  path: '/users/:id/score/recompute',
  body: 'none',
  summary: 'Counts a day anew from the ledger; the document is put right and told if it differs.',
  schema: z.object({ params, query }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ query: { date: day } }) => ({ type: 'score.recompute', day }),
  answer: ({ day: score, changed }) => ({ status: 200, body: { score, changed } }),
});

const shownRules = ({ version, createdAt, rules }: VersionedRules) => ({
  status: 200,
  body: { version, createdAt, ...rules },
});

const getRules = httpRoute<'score-rules.find'>()({
  method: 'get',
  path: '/score-rules',
  body: 'none',
  summary: 'The rule set that days begin with now.',
  schema: z.object({}),
  claim: () => ({}),
  intent: () => ({ type: 'score-rules.find' }),
  answer: shownRules,
});

const putRules = httpRoute<'score-rules.put'>()({
  method: 'put',
  path: '/score-rules',
  body: 'json',
  summary: 'Puts the next version of the rule set; days that have begun keep theirs.',
  schema: z.object({ body: scoreRulesSchema }),
  claim: () => ({}),
  intent: ({ body: rules }) => ({ type: 'score-rules.put', rules }),
  answer: shownRules,
});

const boardPlace = z.tuple([z.literal('board'), z.int(), idSchema]);

const listLeaderboard = httpRoute<'leaderboard.list'>()({
  method: 'get',
  path: '/leaderboards/:period',
  body: 'none',
  summary:
    'Users by total score of a day, a week (from monday) or all time. Equal totals share a rank (1, 2, 2, 4), in the order of ids.',
  schema: z.object({
    params: z.object({ period: leaderboardPeriodSchema }),
    query: query.extend({ ...paged, userId: idSchema.optional() }),
  }),
  claim: ({ query: { userId } }) => actingAs(userId),
  intent: ({ params: { period }, query: { date: day, cursor, limit } }) => {
    const [, total, userId] = cursor === undefined ? [] : decodeCursor(boardPlace, cursor);
    const after = total === undefined || userId === undefined ? undefined : { total, userId };
    return { type: 'leaderboard.list', period, day, after, limit };
  },
  answer: ({ startsOn, places, self, next }) => {
    const more = next === null ? {} : { nextCursor: encodeCursor(['board', next.total, next.userId]) };
    return { status: 200, body: { startsOn, places, self, ...more } };
  },
});

export const scoreRoutes: readonly NativeRoute[] = [
  nativeRoute(recordFacts, { tag, answers: { 200: recordedAnswer } }),
  nativeRoute(getScore, { tag, answers: { 200: scoreDaySchema } }),
  nativeRoute(explainScore, { tag, answers: { 200: explanationAnswer } }),
  nativeRoute(recomputeScore, {
    tag,
    answers: { 200: z.object({ score: scoreDaySchema, changed: z.boolean() }) },
    admits: SERVERS,
  }),
  nativeRoute(getRules, { tag, answers: { 200: rulesAnswer } }),
  nativeRoute(putRules, { tag, answers: { 200: rulesAnswer }, admits: SERVERS }),
  nativeRoute(listLeaderboard, { tag, answers: { 200: leaderboardAnswer } }),
];
