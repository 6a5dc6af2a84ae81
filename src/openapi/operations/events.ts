import { z } from 'zod'
import { json, type Operation } from '../operation.ts'
import { bytes, eventPage } from '../schemas.ts'
import { JOB_ID } from './jobs.ts'

const query = z.object({
  after: z.string().optional().describe('An offset, `start` (the default) or `now`'),
  tail: z.int().min(0).optional().describe('Begin so that the last so many log lines are seen'),
  types: z.string().optional().describe('Only these, comma-separated; `snapshot`, `end`, `reset` and `ping` always come'),
  wait: z.number().min(0).max(60).optional().describe('Long poll: seconds to wait for an event'),
  rev: z.int().optional().describe('Long poll: be woken by progress newer than this revision too'),
})

const headers = z.object({ 'Last-Event-ID': z.string().optional().describe('Wins over `after`: a browser sends it when it reconnects') })

const events = {
  query, headers,
  answers: {
    200: {
      description: 'Server-Sent Events with `Accept: text/event-stream`; otherwise one page of events',
      content: { ...json(eventPage), 'text/event-stream': { schema: bytes } },
    },
    204: { description: 'Server-Sent Events: the job has ended and you have seen its end' },
  },
  errors: ['job_not_found', 'job_expired', 'invalid_offset', 'invalid_input', 'too_many_connections'],
} as const satisfies Partial<Operation>

export const eventOperations: readonly Operation[] = [
  {
    method: 'get', path: '/api/jobs/:id/events', id: 'followJob', tag: 'Following', summary: 'Follow a job', params: { id: JOB_ID },
    description: 'With `Upgrade: websocket` the same events come as messages. An offset is opaque: keep it, send it back.', ...events,
  },
  {
    method: 'get', path: '/api/jobs/events', id: 'followJobs', tag: 'Following', summary: 'Follow all jobs',
    description: 'One small event for each change of state of any job. WebSocket `/api/ws` carries many jobs over one connection.', ...events,
  },
]
