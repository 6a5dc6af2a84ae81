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

const presets = tools.flatMap((tool) => (tool.presets ?? []).map((preset) => [`${tool.name} ${preset.name}`, tool, preset] as const))

/** Of the tools that do not read one source. */
const READ: Readonly<Record<string, object>> = {
  ffmpeg: { inputs: [{ source: 'upload:a' }] },
  concat: { sources: ['upload:a', 'upload:b'] },
  gif: { sources: ['upload:a', 'upload:b'] },
  compose: { clips: [{ source: 'upload:a' }], voice: 'upload:b' },
}

test.each(presets)('the preset %s is input that its tool takes once it has a source', (_, tool, preset) => {
  const input = tool.input.parse({ ...(READ[tool.name] ?? { source: 'upload:a' }), ...preset.input })
  tool.check?.(input)
  expect(tool.requires?.(input)).toBeDefined()
  expect([preset.name, preset.title]).toEqual([expect.stringMatching(/^[a-z0-9]+(?:-[a-z0-9]+)*$/), expect.stringMatching(/\S/)])
})

test('no two presets of a tool share a name', () => {
  for (const { presets: own = [] } of tools) expect(new Set(own.map((preset) => preset.name)).size).toBe(own.length)
})

test('no two tools share a name', () => {
  expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length)
})
