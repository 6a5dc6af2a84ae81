import { z } from 'zod'
import { statusOf, type ErrorCode } from '../errors.ts'
import { VERSION } from '../version.ts'
import type { Body, Content, Operation } from './operation.ts'
import { TAGS } from './operation.ts'
import { operations } from './operations/index.ts'
import { described, problem } from './schemas.ts'

type Json = Record<string, unknown>

/** OpenAPI 3.1: the schemas are those that the routes and tools read their input with. */
export function openApiDocument(): Json {
  const components = new Components()
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    const path = (paths[templateOf(operation.path)] ??= {})
    path[operation.method] = describe(operation, components)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'reeltime', version: VERSION, summary: 'A self-hosted, real-time hub for media jobs',
      description: 'Submit a job, follow it while it runs, fetch what it made. All times are milliseconds since 1970, all durations seconds.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This hub' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    // A hub for programs on its own machine wants no key.
    security: [{}, { bearer: [] }, { key: [] }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A key of `reeltime keys add`' },
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The same' },
      },
    },
  }
}

/** As OpenAPI writes a path. */
export function templateOf(path: string): string {
  return path.replace(/:(\w+)(?:\{[^/]*\})?/g, '{$1}')
}

/** Schemas by name, collected while they are used. */
class Components {
  readonly schemas: Record<string, unknown> = {}

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io, metadata: described, unrepresentable: 'any' }) as Json & { $defs?: Json }
    for (const [name, definition] of Object.entries($defs)) this.schemas[name] ??= pointed(definition)
    return pointed(own) as Json
  }
}

/** Named schemas stand among the components. */
function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => (
    key === '$ref' && typeof inner === 'string' ? [key, inner.replace('#/$defs/', '#/components/schemas/')] : [key, pointed(inner)]
  )))
}

function describe(operation: Operation, components: Components): Json {
  const { id, tag, summary, description, body, answers, params = {}, query, headers } = operation
  const parameters = [
    ...Object.entries(params).map(([name, param]) => ({ name, in: 'path', required: true, schema: { type: 'string' }, ...param })),
    ...(query ? parametersOf(query, 'query', components) : []),
    ...(headers ? parametersOf(headers, 'header', components) : []),
  ]
  return {
    operationId: id, tags: [tag], summary, ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: bodyOf(body, components) }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, {
        description: answer.description,
        ...(answer.headers && { headers: Object.fromEntries(Object.entries(answer.headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }])) }),
        ...(answer.content && {
          content: Object.fromEntries(Object.entries(answer.content).map(([type, { schema, example }]) => [type, {
            schema: components.of(schema, 'output'), ...(example !== undefined && { example }),
          }])),
        }),
      }])),
      ...errorsOf(operation, components),
    },
  }
}

function parametersOf(schema: z.ZodObject, place: 'query' | 'header', components: Components): readonly Json[] {
  const { properties = {}, required = [] } = components.of(schema, 'input') as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name, in: place, ...(required.includes(name) && { required: true }), ...(description !== undefined && { description }), schema: rest,
  }))
}

function bodyOf({ description, isOptional, content }: Body, components: Components): Json {
  const entryOf = ({ schema, examples }: Content) => ({ schema: components.of(schema, 'input'), ...(examples && { examples }) })
  return {
    ...(description !== undefined && { description }), required: isOptional !== true,
    content: Object.fromEntries(Object.entries(content).map(([type, entry]) => [type, entryOf(entry)])),
  }
}

/** A key may be missing or wrong, and too much may be asked, wherever there is a limit. */
const ALWAYS: readonly ErrorCode[] = ['unauthenticated', 'forbidden', 'rate_limited']

function errorsOf({ errors = [], dialect = problem }: Operation, components: Components): Json {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of new Set([...errors, ...ALWAYS])) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code])
  const type = dialect === problem ? 'application/problem+json' : 'application/json'
  return Object.fromEntries([...byStatus].sort(([a], [b]) => a - b).map(([status, codes]) => [status, {
    description: codes.map((code) => `\`${code}\``).join(', '), content: { [type]: { schema: components.of(dialect, 'output') } },
  }]))
}
