import { z } from 'zod';
import { jsonSchema, Schema } from './json-schema.js';

const sides = z.strictObject({ v: z.int(), input: jsonSchema, output: jsonSchema });

/** Everything that crosses the bus, as JSON Schema. */
export const contractDocument = z.strictObject({
  defs: z.record(z.string(), jsonSchema),
  /** by subject */
  requests: z.record(z.string(), sides),
  /** by name */
  events: z.record(z.string(), z.strictObject({ v: z.int(), payload: jsonSchema })),
  /** What events and answers carry unparsed, and of which a reader passes over the types that it does not know. */
  open: z.record(z.string(), jsonSchema),
});

export type ContractDocument = z.output<typeof contractDocument>;

/** A module's exports. */
export type Exports = Readonly<Record<string, unknown>>;

const OPEN_SHAPES: Readonly<Record<string, string>> = {
  fact: 'factSchema',
  'user event': 'userEventSchema',
  signal: 'signalSchema',
};

/** What the modules `@parlance/contracts` and `@parlance/domain` of any version declare. @throws Error where something is missing */
export function documentOf(contracts: Exports, domain: Exports): ContractDocument {
  const found = Object.values(contracts).filter((value) => typeof value === 'object' && value !== null);
  const requests = found.filter(isRequest).sort((one, other) => compareText(one.subject, other.subject));
  const events = found.filter(isEvent).sort((one, other) => compareText(one.name, other.name));
  const open = Object.entries(OPEN_SHAPES).map(([name, exported]) => [name, requireSchema(domain, exported)] as const);
  // One conversion for all of them: what they share is written once.
  const fields = {
    ...Object.fromEntries(
      requests.flatMap(({ subject, input, output }) => [
        [`< ${subject}`, input],
        [`> ${subject}`, output],
      ]),
    ),
    ...Object.fromEntries(events.map(({ name, payload }) => [`! ${name}`, payload])),
    ...Object.fromEntries(open.map(([name, schema]) => [`* ${name}`, schema])),
  };
  const { $defs, properties } = converted(fields);
  return {
    defs: $defs,
    requests: Object.fromEntries(
      requests.map(({ subject, v }) => [
        subject,
        { v, input: get(properties, `< ${subject}`), output: get(properties, `> ${subject}`) },
      ]),
    ),
    events: Object.fromEntries(events.map(({ name, v }) => [name, { v, payload: get(properties, `! ${name}`) }])),
    open: Object.fromEntries(open.map(([name]) => [name, get(properties, `* ${name}`)])),
  };
}

const conversion = z.object({
  $defs: z.record(z.string(), jsonSchema).default({}),
  properties: z.record(z.string(), jsonSchema),
});

/** Both sides of the bus write what the other one parses, so that the form before the parsing is what counts. */
function converted(fields: Readonly<Record<string, z.ZodType>>): z.output<typeof conversion> {
  return conversion.parse(z.toJSONSchema(z.object(fields), { io: 'input', unrepresentable: 'any', reused: 'ref' }));
}

function get(
  properties: Readonly<Record<string, z.output<typeof jsonSchema>>>,
  key: string,
): z.output<typeof jsonSchema> {
  const node = properties[key];
  if (node === undefined) throw new Error(`${key} was not converted.`);
  return node;
}

function requireSchema(domain: Exports, name: string): z.ZodType {
  const schema = domain[name];
  if (!isSchema(schema)) throw new Error(`The domain has no ${name}.`);
  return schema;
}

/** Not by its class: another version may bring a zod of its own. */
function isSchema(value: unknown): value is z.ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value;
}

function isRequest(value: object): value is { subject: string; v: number; input: z.ZodType; output: z.ZodType } {
  return 'subject' in value && 'v' in value && 'input' in value && isSchema(value.input);
}

function isEvent(value: object): value is { name: string; v: number; payload: z.ZodType } {
  return 'name' in value && 'v' in value && 'payload' in value && isSchema(value.payload);
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : 1;
}

/** A part of a document, with the document's references. */
export function schemaIn({ defs }: ContractDocument, node: z.output<typeof jsonSchema>): Schema {
  return new Schema(node, defs);
}
