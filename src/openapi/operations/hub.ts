import { z } from 'zod'
import { json, type Operation } from '../operation.ts'
import { bytes, named } from '../schemas.ts'

const health = z.object({
  status: z.enum(['ok', 'unavailable']),
  version: z.string(),
  problems: z.array(z.string()),
  ffmpeg: z.object({ kind: z.enum(['native', 'portable']), version: z.string(), source: z.string() }).nullable(),
  converters: z.object({ builtin: z.literal(true), sanjuuni: z.object({ source: z.string() }).nullable() }),
  sandbox: z.record(z.string(), z.unknown()).nullable().describe('What jobs run behind'),
  jobs: z.object({ running: z.int(), waiting: z.int() }),
  readers: z.int().describe('How many follow'),
  disk: z.object({ free_bytes: z.number(), floor_bytes: z.number() }),
  fetch_allow_entries: z.int(),
  uptime_s: z.int(),
})
named.add(health, { id: 'Health' })

const readiness = z.object({
  ready: z.boolean(),
  problems: z.array(z.object({ part: z.enum(['stopping', 'queue', 'disk', 'engine']), detail: z.string() })),
  sandbox: z.string().nullable(),
})
named.add(readiness, { id: 'Readiness' })

const text = (description: string, contentType = 'text/plain') => ({ 200: { description, content: { [contentType]: { schema: bytes } } } })

export const hubOperations: readonly Operation[] = [
  {
    method: 'get', path: '/health', id: 'getHealth', tag: 'Hub', summary: 'Whether jobs can run, and with what',
    answers: { 200: { description: 'They can', content: json(health) }, 503: { description: 'They cannot', content: json(health) } },
  },
  {
    method: 'get', path: '/ready', id: 'getReadiness', tag: 'Hub', summary: 'Whether one more job would be taken',
    answers: { 200: { description: 'It would', content: json(readiness) }, 503: { description: 'What stands in the way', content: json(readiness) } },
  },
  { method: 'get', path: '/metrics', id: 'getMetrics', tag: 'Hub', summary: 'For Prometheus', answers: text('Prometheus’ text format') },
  {
    method: 'get', path: '/openapi.json', id: 'getOpenApi', tag: 'Hub', summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1', content: json(z.record(z.string(), z.unknown())) } },
  },
  {
    method: 'get', path: '/asyncapi.json', id: 'getAsyncApi', tag: 'Hub', summary: 'The messages of the channels',
    answers: { 200: { description: 'AsyncAPI 3.0', content: json(z.record(z.string(), z.unknown())) } },
  },
  { method: 'get', path: '/llms.txt', id: 'getLlmsTxt', tag: 'Hub', summary: 'This hub in a page of text, for language models', answers: text('Markdown') },
  { method: 'get', path: '/cc/player.lua', id: 'getPlayer', tag: 'ComputerCraft', summary: 'A video player for computers in the game', answers: text('A Lua program') },
]
