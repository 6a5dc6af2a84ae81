import { Hono } from 'hono'
import { z } from 'zod'
import { findTool, tools } from './registry.ts'
import type { Tool } from './tool.ts'

/** What there is to run, each with the JSON Schema of its input. */
export function toolRoutes(): Hono {
  const app = new Hono()
  app.get('/api/tools', (c) => c.json({ tools: tools.map(describe) }))
  app.get('/api/tools/:name', (c) => c.json(describe(findTool(c.req.param('name')))))
  return app
}

function describe({ name, title, input, presets = [] }: Tool) {
  return { name, title, presets, input: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) }
}
