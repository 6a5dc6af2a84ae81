import type { z } from 'zod'
import { HubError, type FieldError } from '../errors.ts'
import type { Tool } from '../tools/tool.ts'

/** What a tool is asked for, as its schema reads it. Throws a HubError `invalid_input` that names each wrong field. */
export function parseInput(tool: Tool, rawInput: unknown): unknown {
  const parsed = tool.input.safeParse(rawInput)
  if (parsed.success) return parsed.data
  const errors: FieldError[] = parsed.error.issues.map(({ path, message }) => ({ path: pathOf(path), message }))
  const [first] = errors
  throw new HubError('invalid_input', first ? `${first.path || 'input'}: ${first.message}` : 'The input is not valid', {
    errors, hint: `GET /api/tools/${tool.name} tells what it takes`,
  })
}

function pathOf(path: z.core.$ZodIssue['path']): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)), '')
}
