import { expect, test } from 'vitest'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { findTool, tools } from './registry.ts'

test('a tool is found by its name', () => {
  expect(findTool('ffmpeg').name).toBe('ffmpeg')
})

test.each(['ffmpge', 'constructor', '', '__proto__'])('there is no tool %j, and the error says which there are', (name) => {
  let caught: unknown
  try {
    findTool(name)
  } catch (error) {
    caught = error
  }
  expect(caught).toBeInstanceOf(HubError)
  expect(caught).toMatchObject({ code: 'tool_not_found', status: 404, hint: expect.stringContaining('ffmpeg') })
})

const named = tools.map((tool) => [tool.name, tool] as const)

test.each(named)('the input of %s is told as JSON Schema with every field explained', (_, tool) => {
  const schema = z.toJSONSchema(tool.input, { io: 'input' })
  expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
  for (const property of Object.values(schema.properties ?? {})) expect(property).toHaveProperty('description')
})

test('no two tools share a name', () => {
  expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length)
})
