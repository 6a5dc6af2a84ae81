import { z } from 'zod'
import { VERSION } from '../version.ts'
import { artifact, job, jobError, jobStatus, logLine } from './schemas.ts'

const reason = z.enum(['interrupted', 'hub_stopped', 'short_of_resources', 'retried', 'ready'])
const summary = z.record(z.string(), z.unknown())

/** The data of each type of event: what the job says of itself that has changed. */
const JOB_MESSAGES: Readonly<Record<string, { readonly summary: string; readonly data: z.ZodType }>> = {
  snapshot: { summary: 'The job as of the offset from which this connection goes on; first, and replaces what you have', data: job },
  status: {
    summary: 'What became of it',
    data: z.looseObject({ status: jobStatus, attempt: z.int().optional(), queue_position: z.int().optional(), reason: reason.optional() }),
  },
  progress: {
    summary: 'How far it is; only the newest matters, and it has no offset',
    data: z.looseObject({ rev: z.int(), progress: z.number().nullable(), phase: z.string().optional() }),
  },
  new_logs: {
    summary: 'Whole lines, numbered from 1 without a gap',
    data: z.object({ first: z.int(), last: z.int(), new_logs: z.array(z.string()), lines: z.array(logLine) }),
  },
  artifact: { summary: 'A file is whole', data: z.object({ artifact }) },
  result: { summary: 'To be merged into the result', data: z.object({ result: summary }) },
  error: { summary: 'Why it failed', data: z.object({ error: jobError }) },
  end: { summary: 'The last one', data: z.object({ status: jobStatus }) },
  ping: { summary: 'Each 15 s', data: z.object({}) },
  reset: { summary: 'The offset means nothing here: a snapshot follows', data: z.object({ earliest: z.string() }) },
}

/** AsyncAPI 3.0: what comes over Server-Sent Events and WebSocket. */
export function asyncApiDocument(): Record<string, unknown> {
  const names = Object.keys(JOB_MESSAGES)
  const refs = (channel: string) => names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }))
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'reeltime', version: VERSION, license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      description: 'Events of jobs. Over SSE a message is `id: OFFSET`, `event: TYPE`, `data: JSON`; over WebSocket it is the JSON described here. Frames are pushed as packs over WebSocket `/api/jobs/{id}/frames`.',
    },
    defaultContentType: 'application/json',
    servers: { hub: { host: 'localhost:5000', protocol: 'ws', description: 'This hub' } },
    channels: {
      job: {
        address: '/api/jobs/{id}/events', summary: 'One job',
        parameters: { id: { description: 'The job' } },
        messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
      },
    },
    operations: {
      followJob: { action: 'receive', channel: { $ref: '#/channels/job' }, summary: 'Follow a job, from `after=OFFSET|start|now`', messages: refs('job'), security: [{ $ref: '#/components/securitySchemes/bearer' }, { $ref: '#/components/securitySchemes/key' }] },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'Where the hub wants a key' },
        key: { type: 'httpApiKey', in: 'header', name: 'X-API-Key', description: 'The same' },
      },
      messages: Object.fromEntries(Object.entries(JOB_MESSAGES).map(([name, message]) => [name, messageOf(name, message)])),
    },
  }
}

function messageOf(name: string, { summary: text, data }: { readonly summary: string; readonly data: z.ZodType }): Record<string, unknown> {
  const event = z.object({ offset: z.string().optional(), type: z.literal(name), at: z.int().optional(), data })
  const { $schema: _, ...payload } = z.toJSONSchema(event, { io: 'input', unrepresentable: 'any' })
  return { name, title: name, summary: text, payload }
}
