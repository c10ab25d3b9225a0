import { parse } from 'yaml';
import { z } from 'zod';

/** The parts of docker-compose.yml that the checks look at; what they do not look at passes through. */

const Condition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully']);

const ComposeService = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: z.record(z.string(), z.object({ condition: Condition })).default({}),
  healthcheck: z.looseObject({ disable: z.boolean().default(false) }).optional(),
  restart: z.string().optional(),
  profiles: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  tmpfs: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  privileged: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  stop_grace_period: z.string().optional(),
  logging: z.looseObject({ options: z.record(z.string(), z.string()) }).optional(),
});

export type ComposeService = z.infer<typeof ComposeService>;

const ComposeFile = z.looseObject({
  services: z.record(z.string(), ComposeService),
  volumes: z.record(z.string(), z.unknown()).default({}),
});

export type ComposeFile = z.infer<typeof ComposeFile>;

const VARIABLE = /\$\$|\$\{(\w+)(?::-([^}]*))?\}/g;

/**
 * A compose file as it is where an environment has these variables.
 * @throws Error when it is no YAML, ZodError when it is not as expected.
 */
export function readCompose(text: string, variables: Readonly<Record<string, string>> = {}): ComposeFile {
  return ComposeFile.parse(filled(parse(text, { merge: true }), variables));
}

function filled(node: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof node === 'string')
    return node.replaceAll(VARIABLE, (_whole, name?: string, otherwise?: string) =>
      name === undefined ? '$' : (variables[name] ?? otherwise ?? ''),
    );
  if (Array.isArray(node)) return node.map((item: unknown) => filled(item, variables));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, filled(value, variables)]));
}
