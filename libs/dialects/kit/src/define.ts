import type { Tenant } from '@parlance/domain';
import { jsonProblem, ParlanceError, toParlanceError } from '@parlance/domain';
import type { z } from 'zod';
import { PAYLOAD_BOUNDS } from './dialect.js';
import type {
  DomainEventOf,
  DomainEventType,
  Ignored,
  InboundContext,
  InboundEvent,
  RateClass,
  Renderer,
} from './dialect.js';
import type { Reply } from './frame.js';
import type { Become, HttpAnswer, HttpRequest, HttpRoute } from './http.js';
import type { Claim, Execute, IntentOf, IntentType, ResultOf } from './intent.js';

/** Parses untrusted input: bounds first (depth, size, prototype keys), then the schema; each problem names its field. */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const problem = jsonProblem(value, PAYLOAD_BOUNDS);
  if (problem !== null) throw new ParlanceError('invalid', `The payload ${problem}.`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues);
}

function invalid(issues: readonly z.core.$ZodIssue[]): ParlanceError {
  const fields: Record<string, string> = {};
  for (const issue of issues.slice(0, 20)) fields[issue.path.map(String).join('.') || '(payload)'] ??= issue.message;
  const summary = Object.entries(fields).map(([path, message]) => `${path}: ${message}`);
  return new ParlanceError('invalid', summary.join('; '), { fields });
}

interface EventDefinition<S extends z.ZodType, T extends IntentType> {
  readonly rate?: RateClass;
  /** the frame's arguments as one value to check; default: the first argument */
  readonly read?: (args: readonly unknown[]) => unknown;
  readonly schema: S;
  readonly claim?: (input: z.output<S>, context: InboundContext) => Claim | null;
  /** null: a known event that asks for nothing in this case */
  readonly intent: (input: z.output<S>, context: InboundContext) => IntentOf<T> | null;
  readonly reply: (result: ResultOf<T>, input: z.output<S>, context: InboundContext) => Reply;
  /** `input` is null when it could not be understood */
  readonly refuse: (error: ParlanceError, input: z.output<S> | null, tenant: Tenant | null) => Reply;
}

const NOTHING: Reply = {};

/** An inbound event of a dialect: schema in, intent out, and the wording of both outcomes. */
export function inboundEvent<T extends IntentType>() {
  return <S extends z.ZodType>(definition: EventDefinition<S, T>): InboundEvent => ({
    rate: definition.rate ?? 'other',
    schema: definition.schema,
    refuse: (error, _args, tenant) => definition.refuse(error, null, tenant ?? null),
    parse: (args, context) => {
      const input = parseInput(definition.schema, definition.read === undefined ? args[0] : definition.read(args));
      const { tenant } = context;
      const intent = definition.intent(input, context);
      const refuse = (error: ParlanceError): Reply => definition.refuse(error, input, context.tenant);
      // A first frame's own claim says whose tenant's settings hold.
      const asked = (): typeof intent => (context.tenant === tenant ? intent : definition.intent(input, context));
      return {
        claim: definition.claim?.(input, context) ?? null,
        asks: intent?.type ?? null,
        refuse,
        run: async (execute) => {
          const settled = asked();
          if (settled === null) return NOTHING;
          try {
            return definition.reply(await execute(settled), input, context);
          } catch (error) {
            const coded = toParlanceError(error);
            if (coded.code === 'internal') throw coded;
            return refuse(coded);
          }
        },
      };
    },
  });
}

interface RouteDefinition<S extends z.ZodType, T extends IntentType> extends Omit<
  HttpRoute,
  'parse' | 'schema' | 'refuse'
> {
  /** over `{ params, query, body }` */
  readonly schema: S;
  readonly claim: (input: z.output<S>, request: HttpRequest) => Claim;
  readonly intent: (input: z.output<S>, request: HttpRequest) => IntentOf<T>;
  readonly answer: (result: ResultOf<T>, input: z.output<S>) => HttpAnswer;
  /** errors this route words differently from the companion's `refuse`; null = as usual */
  readonly refuse?: (error: ParlanceError, input: z.output<S>) => HttpAnswer | null;
}

/** A REST call of a dialect (or of the native API): schema in, intent out, answer worded. */
export function httpRoute<T extends IntentType>() {
  return <S extends z.ZodType>(definition: RouteDefinition<S, T>): HttpRoute => ({
    method: definition.method,
    path: definition.path,
    body: definition.body,
    summary: definition.summary,
    schema: definition.schema,
    parse: (request) => {
      const { params, query, body } = request;
      const input = parseInput(definition.schema, { params, query, body });
      const intent = definition.intent(input, request);
      return {
        claim: definition.claim(input, request),
        asks: intent.type,
        run: async (execute) => {
          try {
            return definition.answer(await execute(intent), input);
          } catch (error) {
            const own = definition.refuse?.(toParlanceError(error), input) ?? null;
            if (own === null) throw error;
            return own;
          }
        },
      };
    },
  });
}

interface StepsDefinition<S extends z.ZodType> extends Omit<HttpRoute, 'parse' | 'schema'> {
  /** over `{ params, query, body }` */
  readonly schema: S;
  readonly claim: (input: z.output<S>, request: HttpRequest) => Claim;
  /** the intent that decides about rate and right: usually the last, the one that changes something */
  readonly asks: IntentType;
  /** Any number of intents, one after another; what it throws is worded by the companion. */
  readonly run: (
    execute: Execute,
    input: z.output<S>,
    request: HttpRequest,
    become: Become | undefined,
  ) => Promise<HttpAnswer>;
}

/** A REST call that takes more than one intent. */
export function httpSteps<S extends z.ZodType>(definition: StepsDefinition<S>): HttpRoute {
  const { claim, run, asks, ...route } = definition;
  return {
    ...route,
    parse: (request) => {
      const { params, query, body } = request;
      const input = parseInput(definition.schema, { params, query, body });
      return { claim: claim(input, request), asks, run: (execute, become) => run(execute, input, request, become) };
    },
  };
}

/** A renderer, typed by its event: `rendered<'message.created'>({ render })`. */
export function rendered<T extends DomainEventType>(renderer: Renderer<DomainEventOf<T>>): Renderer<DomainEventOf<T>> {
  return renderer;
}

export function ignored(reason: string): Ignored {
  return { ignored: reason };
}
