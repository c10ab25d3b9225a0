import { z } from 'zod';

/** What zod writes of the schemas that cross the bus. A word that is not here is refused: it would not be compared. */
export interface JsonSchema {
  readonly $ref?: string | undefined;
  /** several: one of them is enough */
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly oneOf?: readonly JsonSchema[] | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly propertyNames?: JsonSchema | undefined;
  readonly additionalProperties?: JsonSchema | boolean | undefined;
  /** false: nothing behind the places that are listed */
  readonly items?: JsonSchema | false | undefined;
  readonly prefixItems?: readonly JsonSchema[] | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly pattern?: string | undefined;
  readonly format?: string | undefined;
  readonly contentEncoding?: string | undefined;
  /** What a reader takes for nothing; it says so by not requiring the field. */
  readonly default?: unknown;
  readonly description?: string | undefined;
}

const number = z.number().optional();
const text = z.string().optional();

export const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.strictObject({
    $ref: text,
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    anyOf: z.array(jsonSchema).optional(),
    oneOf: z.array(jsonSchema).optional(),
    properties: z.record(z.string(), jsonSchema).optional(),
    required: z.array(z.string()).optional(),
    propertyNames: jsonSchema.optional(),
    additionalProperties: z.union([z.boolean(), jsonSchema]).optional(),
    items: z.union([z.literal(false), jsonSchema]).optional(),
    prefixItems: z.array(jsonSchema).optional(),
    minimum: number,
    maximum: number,
    exclusiveMinimum: number,
    exclusiveMaximum: number,
    minLength: number,
    maxLength: number,
    minItems: number,
    maxItems: number,
    pattern: text,
    format: text,
    contentEncoding: text,
    default: z.unknown().optional(),
    description: text,
  }),
);

const REF = '#/$defs/';

/** A schema and where its references lead to. */
export class Schema {
  constructor(
    readonly node: JsonSchema,
    private readonly defs: Readonly<Record<string, JsonSchema>>,
  ) {}

  at(node: JsonSchema): Schema {
    return new Schema(node, this.defs);
  }

  get ref(): string | null {
    return this.node.$ref ?? null;
  }

  /** What a reference stands for; itself where it is none. @throws Error when it leads nowhere */
  resolved(): Schema {
    const { ref } = this;
    if (ref === null) return this;
    const target = ref.startsWith(REF) ? this.defs[ref.slice(REF.length)] : undefined;
    if (target === undefined) throw new Error(`There is no schema ${ref}.`);
    return this.at(target).resolved();
  }

  /** The schemas of which one is enough; null where there is no choice. */
  get alternatives(): readonly Schema[] | null {
    const { anyOf, oneOf, type } = this.node;
    const types = typeof type === 'object' ? type.map((one) => ({ ...this.node, type: one })) : null;
    const nodes = anyOf ?? oneOf ?? types;
    return nodes?.map((node) => this.at(node)) ?? null;
  }

  /** The values it is limited to; null where it is not. */
  get values(): readonly unknown[] | null {
    if (this.node.enum !== undefined) return this.node.enum;
    return 'const' in this.node && this.node.const !== undefined ? [this.node.const] : null;
  }

  get takesAnything(): boolean {
    return Object.keys(this.node).every((word) => word === 'default' || word === 'description');
  }

  property(name: string): Schema | null {
    const node = this.node.properties?.[name];
    return node === undefined ? null : this.at(node);
  }
}
