import { z } from 'zod'
import { json, type Operation, type Param } from '../operation.ts'
import { bytes, job, jobPage, artifact } from '../schemas.ts'
import { submissions } from '../tool-inputs.ts'

export const JOB_ID: Param = { description: 'The job', example: 'v7M92gnhU5dBX4fgCFS2ju' }

const headers = z.object({
  'Idempotency-Key': z.string().optional().describe('1 to 255 visible ASCII characters; the same key with the same body gives the same job'),
})

/** Which the answer describes. */
export const RANGE_HEADERS = z.object({
  Range: z.string().optional().describe('Part of the file'),
  'If-None-Match': z.string().optional(),
  'If-Range': z.string().optional(),
})

export const jobOperations: readonly Operation[] = [
  {
    method: 'post', path: '/api/jobs', id: 'submitJob', tag: 'Jobs', summary: 'Submit a job',
    description: '202 means that the job is on the disk for good. Sources are `http(s)://…`, `upload:ID` or `job:ID/ARTIFACT`.',
    headers, body: { content: { 'application/json': submissions() } },
    answers: { 202: { description: 'The job, which waits', content: json(job), headers: { Location: 'The job’s address' } } },
    errors: [
      'invalid_json', 'invalid_input', 'tool_not_found', 'job_not_found', 'job_expired', 'dependency_failed', 'artifact_not_found', 'upload_not_found', 'argument_refused', 'source_refused', 'missing_capability', 'idempotency_mismatch',
      'unsupported_media_type', 'payload_too_large', 'queue_full', 'quota_exceeded', 'disk_full', 'shutting_down',
    ],
  },
  {
    method: 'get', path: '/api/jobs', id: 'listJobs', tag: 'Jobs', summary: 'List jobs, the newest first',
    description: 'All for who may administer, otherwise one’s own.',
    query: z.object({
      status: z.string().optional().describe('Only these, comma-separated: `running,queued`'),
      tool: z.string().optional().describe('Only those of this tool'),
      limit: z.int().min(1).max(500).default(50).optional(),
      cursor: z.string().optional().describe('`next_cursor` of the page before'),
    }),
    answers: { 200: { description: 'A page of jobs', content: json(jobPage) } }, errors: ['invalid_input'],
  },
  {
    method: 'get', path: '/api/jobs/:id', id: 'getJob', tag: 'Jobs', summary: 'One job, as of now', params: { id: JOB_ID },
    answers: { 200: { description: 'The job', content: json(job) } }, errors: ['job_not_found', 'job_expired'],
  },
  {
    method: 'post', path: '/api/jobs/:id/cancel', id: 'cancelJob', tag: 'Jobs', summary: 'Cancel a job', params: { id: JOB_ID },
    description: 'A job that has ended stays as it is.',
    answers: { 200: { description: 'The job', content: json(job) } }, errors: ['job_not_found', 'job_expired', 'forbidden', 'unsupported_media_type'],
  },
  {
    method: 'post', path: '/api/jobs/:id/retry', id: 'retryJob', tag: 'Jobs', summary: 'Run an ended job again', params: { id: JOB_ID },
    description: 'Its log goes on where it ended.',
    answers: { 202: { description: 'The job, queued again', content: json(job) } },
    errors: ['job_not_found', 'job_expired', 'job_active', 'forbidden', 'queue_full', 'disk_full', 'shutting_down', 'unsupported_media_type'],
  },
  {
    method: 'delete', path: '/api/jobs/:id', id: 'removeJob', tag: 'Jobs', summary: 'Remove a job and its files', params: { id: JOB_ID },
    description: 'A running job is cancelled first.',
    answers: { 204: { description: 'It is gone' } }, errors: ['job_not_found', 'job_expired', 'forbidden'],
  },
  {
    method: 'get', path: '/api/jobs/:id/artifacts', id: 'listArtifacts', tag: 'Results', summary: 'The files of a job', params: { id: JOB_ID },
    answers: { 200: { description: 'Those that are whole', content: json(z.object({ artifacts: z.array(artifact) })) } },
    errors: ['job_not_found', 'job_expired'],
  },
  {
    method: 'get', path: '/api/jobs/:id/zip', id: 'getJobZip', tag: 'Results', summary: 'All files of a job as a ZIP', params: { id: JOB_ID },
    answers: { 200: { description: 'Made while it is sent', content: { 'application/zip': { schema: bytes } } }, 206: { description: 'The part asked for', content: { 'application/zip': { schema: bytes } } } },
    errors: ['job_not_found', 'job_expired', 'artifact_not_found', 'invalid_range'],
  },
  {
    method: 'get', path: '/api/jobs/:id/artifacts/:name', id: 'getArtifact', tag: 'Results', summary: 'Download a file of a job',
    params: { id: JOB_ID, name: { description: 'The artifact', example: 'output.mp3' } }, headers: RANGE_HEADERS,
    answers: {
      200: { description: 'The bytes', content: { 'application/octet-stream': { schema: bytes }, 'application/json': { schema: z.unknown() } }, headers: { ETag: 'Of these bytes', 'Accept-Ranges': '`bytes`' } },
      206: { description: 'The part asked for', content: { 'application/octet-stream': { schema: bytes } }, headers: { 'Content-Range': 'Which part it is' } },
      304: { description: 'You have it' },
    },
    errors: ['job_not_found', 'job_expired', 'artifact_not_found', 'invalid_range'],
  },
]
