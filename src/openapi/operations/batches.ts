import { z } from 'zod'
import { webhookRequest } from '../../jobs/webhook-request.ts'
import { json, type Operation } from '../operation.ts'
import { batch, bytes } from '../schemas.ts'

const ID = { id: { description: 'The batch', example: 'bq2M92gnhU5dBX4fgCFS2j' } }
const jobIds = z.array(z.string()).max(100).optional()
const fields = z.record(z.string(), z.unknown())

const submission = z.union([
  z.object({
    tool: z.string(), inputs: z.array(z.union([z.string(), fields])).min(1).max(500).describe('Sources, or inputs of the tool'),
    shared: fields.optional().describe('What all inputs have in common'), after: jobIds, after_any: jobIds, webhook: webhookRequest.optional(),
  }),
  z.object({
    items: z.array(z.object({ tool: z.string(), input: z.unknown(), after: jobIds, after_any: jobIds })).min(1).max(500), webhook: webhookRequest.optional(),
  }),
])

const missing = ['batch_not_found', 'job_expired'] as const

export const batchOperations: readonly Operation[] = [
  {
    method: 'post', path: '/api/batches', id: 'submitBatch', tag: 'Batches', summary: 'Submit many jobs as one', description: 'All or none.',
    body: {
      content: {
        'application/json': {
          schema: submission,
          examples: { two: { summary: 'The sound of two films', value: { tool: 'audio', inputs: ['https://example.com/clip.mp4', 'https://example.com/clip.mp4'], shared: { format: 'mp3' } } } },
        },
      },
    },
    answers: { 202: { description: 'The batch', content: json(batch), headers: { Location: 'Its address' } } },
    errors: ['invalid_json', 'invalid_input', 'tool_not_found', 'job_not_found', 'job_expired', 'dependency_failed', 'upload_not_found', 'artifact_not_found', 'argument_refused', 'source_refused', 'missing_capability', 'idempotency_mismatch', 'queue_full', 'quota_exceeded', 'disk_full', 'shutting_down', 'payload_too_large', 'unsupported_media_type'],
  },
  {
    method: 'get', path: '/api/batches', id: 'listBatches', tag: 'Batches', summary: 'List batches, the newest first',
    query: z.object({ limit: z.int().min(1).max(100).default(20).optional(), cursor: z.string().optional() }),
    answers: { 200: { description: 'A page of batches', content: json(z.object({ batches: z.array(z.unknown()), next_cursor: z.string().nullable() })) } }, errors: ['invalid_input'],
  },
  { method: 'get', path: '/api/batches/:id', id: 'getBatch', tag: 'Batches', summary: 'One batch', params: ID, answers: { 200: { description: 'The batch', content: json(batch) } }, errors: missing },
  {
    method: 'get', path: '/api/batches/:id/events', id: 'followBatch', tag: 'Batches', summary: 'Follow a batch', description: 'As a job is followed.', params: ID,
    answers: { 200: { description: 'Events', content: { 'application/json': { schema: fields }, 'text/event-stream': { schema: bytes } } }, 204: { description: 'You have seen its end' } },
    errors: [...missing, 'invalid_offset', 'invalid_input', 'too_many_connections'],
  },
  {
    method: 'get', path: '/api/batches/:id/zip', id: 'getBatchZip', tag: 'Batches', summary: 'All files of its jobs as a ZIP', params: ID,
    answers: { 200: { description: 'Made while it is sent', content: { 'application/zip': { schema: bytes } } }, 206: { description: 'The part asked for', content: { 'application/zip': { schema: bytes } } } },
    errors: [...missing, 'artifact_not_found', 'invalid_range'],
  },
  { method: 'post', path: '/api/batches/:id/cancel', id: 'cancelBatch', tag: 'Batches', summary: 'Cancel its jobs', params: ID, answers: { 200: { description: 'The batch', content: json(batch) } }, errors: [...missing, 'forbidden', 'unsupported_media_type'] },
  {
    method: 'post', path: '/api/batches/:id/retry', id: 'retryBatch', tag: 'Batches', summary: 'Run again what did not complete', params: ID,
    answers: { 202: { description: 'The batch', content: json(batch) } }, errors: [...missing, 'job_active', 'job_ended', 'forbidden', 'queue_full', 'disk_full', 'shutting_down', 'unsupported_media_type'],
  },
  { method: 'delete', path: '/api/batches/:id', id: 'removeBatch', tag: 'Batches', summary: 'Remove a batch and its jobs', params: ID, answers: { 204: { description: 'It is gone' } }, errors: [...missing, 'forbidden'] },
]
