import { z } from 'zod'
import { qrInput } from '../../tools/qr.ts'
import { json, type Operation } from '../operation.ts'
import { bytes, tool } from '../schemas.ts'

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
    method: 'post', path: '/api/qr', id: 'makeQrCode', tag: 'ComputerCraft', summary: 'A text as a QR code', description: 'No job: the answer is the picture.',
    body: { content: { 'application/json': { schema: qrInput, examples: { link: { summary: 'A link', value: { text: 'https://example.com/', format: 'png' } } } } } },
    answers: { 200: { description: 'The picture', content: { 'text/plain': { schema: bytes }, 'text/x-lua': { schema: bytes }, 'image/png': { schema: bytes } } } },
    errors: ['invalid_json', 'invalid_input'],
  },
]
