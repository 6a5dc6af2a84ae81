import { z } from 'zod'
import { qrInput } from '../../tools/qr.ts'
import { json, type Operation } from '../operation.ts'
import { bytes, mediaReport, plan, tool } from '../schemas.ts'

export const toolOperations: readonly Operation[] = [
  {
    method: 'get', path: '/api/tools', id: 'listTools', tag: 'Tools', summary: 'What can be done',
    answers: { 200: { description: 'Each with the JSON Schema of its input, and presets', content: json(z.object({ tools: z.array(tool) })) } },
  },
  {
    method: 'get', path: '/api/tools/:name', id: 'getTool', tag: 'Tools', summary: 'One tool', params: { name: { description: 'The tool', example: 'transcode' } },
    answers: { 200: { description: 'The tool', content: json(tool) } }, errors: ['tool_not_found'],
  },
  {
    method: 'post', path: '/api/tools/:name/plan', id: 'planJob', tag: 'Tools', summary: 'What a job would run', params: { name: { description: 'The tool', example: 'transcode' } },
    description: 'Refuses what a submission would refuse. Nothing is fetched, and nothing stays. `assumed:film`, `assumed:sound` and `assumed:picture` stand for a source that is not chosen yet.',
    body: { content: { 'application/json': { schema: z.object({ input: z.unknown() }), examples: { copy: { summary: 'A small copy', value: { input: { source: 'assumed:film', max_height: 480 } } } } } } },
    answers: { 200: { description: 'The commands', content: json(plan) } },
    errors: ['invalid_json', 'invalid_input', 'tool_not_found', 'argument_refused', 'source_refused', 'missing_capability', 'upload_not_found', 'job_not_found', 'artifact_not_found', 'unsupported_media_type'],
  },
  {
    method: 'post', path: '/api/probe', id: 'probeSource', tag: 'Tools', summary: 'What is in a file, at once',
    body: { content: { 'application/json': { schema: z.object({ source: z.string() }), examples: { film: { summary: 'A film', value: { source: 'https://example.com/clip.mp4' } } } } } },
    answers: { 200: { description: 'What ffprobe tells of it', content: json(mediaReport) } },
    errors: ['invalid_json', 'invalid_input', 'source_refused', 'source_unavailable', 'payload_too_large', 'too_many_connections', 'upload_not_found', 'job_not_found', 'job_expired', 'artifact_not_found', 'disk_full', 'unsupported_media_type', 'quota_exceeded', 'missing_capability'],
  },
  {
    method: 'post', path: '/api/qr', id: 'makeQrCode', tag: 'ComputerCraft', summary: 'A text as a QR code', description: 'No job: the answer is the picture.',
    body: { content: { 'application/json': { schema: qrInput, examples: { link: { summary: 'A link', value: { text: 'https://example.com/', format: 'png' } } } } } },
    answers: { 200: { description: 'The picture', content: { 'text/plain': { schema: bytes }, 'text/x-lua': { schema: bytes }, 'image/png': { schema: bytes } } } },
    errors: ['invalid_json', 'invalid_input'],
  },
]
