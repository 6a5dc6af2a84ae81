import { z } from 'zod'
import { HubError } from '../errors.ts'
import { webhookRequest } from '../jobs/webhook-request.ts'
import { mainSourceOf, type SourceSchema } from '../tools/main-source.ts'
import { findTool } from '../tools/registry.ts'
import { MOST_ITEMS } from './batch.ts'

const jobIds = z.array(z.string().min(1)).max(100).optional()
const fields = z.record(z.string(), z.unknown())
const item = z.strictObject({ tool: z.string(), input: z.unknown(), after: jobIds, after_any: jobIds })

const sameTool = z.strictObject({
  tool: z.string(),
  inputs: z.array(z.union([z.string().min(1), fields], 'takes sources, as text, or inputs of the tool')).min(1).max(MOST_ITEMS),
  shared: fields.optional(),
  after: jobIds, after_any: jobIds, webhook: webhookRequest.optional(),
})
const anyTools = z.strictObject({ items: z.array(item).min(1).max(MOST_ITEMS), webhook: webhookRequest.optional() })

export interface BatchSubmission {
  readonly items: readonly z.infer<typeof item>[]
  readonly webhook: z.infer<typeof webhookRequest> | undefined
  /** What the list is called in the request, for errors. */
  readonly list: 'items' | 'inputs'
}

/** Reads both forms of a batch: many inputs for one tool, or items that each name their own. Throws a HubError. */
export function parseBatch(body: unknown): BatchSubmission {
  const isOfItems = typeof body === 'object' && body !== null && 'items' in body
  if (isOfItems) {
    const { items, webhook } = read(anyTools, body)
    return { items, webhook, list: 'items' }
  }
  const { tool, inputs, shared = {}, after, after_any, webhook } = read(sameTool, body)
  const sourceField = inputs.some((input) => typeof input === 'string') ? sourceFieldOf(tool) : ''
  const items = inputs.map((input) => ({
    tool, input: { ...shared, ...(typeof input === 'string' ? { [sourceField]: input } : input) }, after, after_any,
  }))
  return { items, webhook, list: 'inputs' }
}

function read<Value>(schema: z.ZodType<Value>, body: unknown): Value {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const forms = '{"tool":NAME,"inputs":[SOURCE|{…}],"shared"?:{…}} or {"items":[{"tool":NAME,"input":{…}}]}'
  throw new HubError('invalid_input', `The body takes ${forms}, and at most ${MOST_ITEMS} of them`, {
    errors: parsed.error.issues.map(({ path, message }) => ({ path: pathOf(path), message })),
  })
}

/** Where a source stands in the tool's input. */
function sourceFieldOf(toolName: string): string {
  const main = mainSourceOf(z.toJSONSchema(findTool(toolName).input, { io: 'input' }) as SourceSchema)
  if (main && main.least === undefined) return main.field
  throw new HubError('invalid_input', `The tool ${toolName} does not read from one source`, { hint: 'Give its inputs as objects' })
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)), '')
}
