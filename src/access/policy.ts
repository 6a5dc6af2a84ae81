import { HubError } from '../errors.ts'

/** `submit` runs jobs and sends files, `read` lists one's own jobs, `admin` sees and changes those of all. */
export const SCOPES = ['submit', 'read', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** What somebody may do, and how much of it. */
export interface Policy {
  readonly scopes: readonly Scope[]
  /** All of them, unless given. */
  readonly tools?: readonly string[] | undefined
  /** Whether jobs may carry arguments of their own. */
  readonly args: 'allowed' | 'refused'
  /** How many jobs run at the same time. */
  readonly concurrency?: number | undefined
  readonly minutesPerDay?: number | undefined
  readonly bytesPerDay?: number | undefined
}

/** What those without a key may do: everything, submit jobs and read those whose ids they know, or only the latter. */
export const ANONYMOUS = ['open', 'submit', 'none'] as const
export type Anonymous = (typeof ANONYMOUS)[number]

export const ANONYMOUS_POLICY: Record<Anonymous, Policy> = {
  open: { scopes: SCOPES, args: 'allowed' },
  submit: { scopes: ['submit'], args: 'allowed' },
  none: { scopes: [], args: 'refused' },
}

/** Throws a HubError where the policy does not allow that job. */
export function checkJob({ tools, args }: Policy, tool: string, input: unknown): void {
  if (tools && !tools.includes(tool)) {
    throw new HubError('forbidden', `This key may not use the tool ${tool}`, { hint: `It may use ${tools.join(', ')}` })
  }
  if (args === 'refused' && carriesArguments(input)) {
    throw new HubError('forbidden', 'This key may not send args', {
      hint: 'Leave them out, or ask the operator for a key that may', errors: [{ path: 'args', message: 'are not allowed with this key' }],
    })
  }
}

function carriesArguments(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(carriesArguments)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, field]) => (name === 'args' && Array.isArray(field) ? field.length > 0 : carriesArguments(field)))
}
