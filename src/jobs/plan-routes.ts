import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import type { Caller } from './caller.ts'
import type { Planning } from './planning.ts'
import { readJson } from './read-json.ts'

const question = z.strictObject({ input: z.unknown() })

/** What a job would run, before it is submitted. */
export function planRoutes({ planning, callerOf }: { readonly planning: Planning; readonly callerOf: (c: Context) => Caller }): Hono {
  const app = new Hono()
  app.post('/api/tools/:name/plan', async (c) => {
    const body = question.safeParse(await readJson(c, { requireType: true }))
    if (!body.success) {
      throw new HubError('invalid_input', 'The body takes {"input":{…}}', {
        errors: body.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
      })
    }
    const plan = await planning.plan({ tool: c.req.param('name'), input: body.data.input, caller: callerOf(c) })
    return c.json(plan, 200, { 'Cache-Control': 'no-store' })
  })
  return app
}
